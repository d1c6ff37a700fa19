"""Reading the user's file, and splitting it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tinker.data.documents import checksum, read, split
from tinker.errors import UserError

TEXTS = ["first\r\nline", "second", ""]


def test_txt_is_one_document_with_its_newlines_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")
    assert read(tmp_path / "a.txt", None) == ["one\r\ntwo\n"]


def test_jsonl_and_parquet_hold_a_document_a_line_or_row(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"id": i, "body": text}) for i, text in enumerate(TEXTS))
    (tmp_path / "a.jsonl").write_text(f"{lines}\n\n", encoding="utf-8")
    pq.write_table(pa.table({"id": [0, 1, 2], "body": TEXTS}), tmp_path / "a.parquet")
    assert read(tmp_path / "a.jsonl", "body") == TEXTS
    assert read(tmp_path / "a.parquet", "body") == TEXTS


def test_the_field_is_text_unless_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "x"}', encoding="utf-8")
    assert read(tmp_path / "a.jsonl", None) == ["x"]


@pytest.mark.parametrize(
    ("name", "content", "field", "message"),
    [
        ("a.jsonl", b'{"text": "x"}\n{"body": "y", "n": 1}\n', None, r"a\.jsonl:2 has no field .*'text'.*: body, n"),
        ("a.jsonl", b'{"text": "x"}\n{oops\n', None, r"a\.jsonl:2: not a line of JSON"),
        ("a.jsonl", b'["x"]\n', None, r"a\.jsonl:1: list instead of a JSON object with a field 'text'"),
        ("a.jsonl", b'{"text": null}\n', None, r"a\.jsonl:1: NoneType instead of text"),
        ("a.jsonl", b'{"text": "\\ud800"}\n', None, r"a\.jsonl:1: text with half a surrogate pair"),
        ("a.txt", b"x", "body", r"data\.field: 'body' is given.*no fields; remove it"),
        ("a.txt", b"caf\xe9", None, r"a\.txt: not UTF-8 at byte 3"),
        ("a.parquet", b"no parquet", None, r"a\.parquet: not a Parquet file"),
    ],
)
def test_contents_that_break_the_format_are_one_clear_error(
    tmp_path: Path, name: str, content: bytes, field: str | None, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message):
        read(tmp_path / name, field)


def test_a_parquet_file_without_the_field_says_which_it_has(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [0], "body": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"data\.field: .*a\.parquet has no field 'story'; it has: id, body"):
        read(tmp_path / "a.parquet", "story")


def test_a_row_that_is_no_text_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["x", None]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"a\.parquet, row 2: NoneType instead of text"):
        read(tmp_path / "a.parquet", None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.txt", r"data\.path: .*gone\.txt does not exist"),
        ("folder.txt", r"data\.path: .*folder\.txt is a folder"),
        ("a.csv", r"data\.path: .*unknown extension '\.csv'; allowed: \.txt, \.jsonl, \.parquet"),
    ],
)
def test_a_path_that_cannot_be_read_is_one_clear_error(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(UserError, match=message):
        checksum(tmp_path / name)


def test_one_document_is_split_by_characters_several_stay_whole() -> None:
    assert split(["0123456789"], 0.2) == ("01234567", "89")
    assert split(["aaaaaaaa", "b", "c", "d"], 0.25) == ("aaaaaaaa\nb\nc", "d")
