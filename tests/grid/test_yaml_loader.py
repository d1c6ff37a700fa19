from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinker.errors import UserError
from tinker.grid.yaml_loader import Document, load_document


def read(text: str, tmp_path: Path) -> Document:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    return load_document(path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("-1.5e+3", -1500.0),
        (".5", 0.5),
        ("2.", 2.0),
        ("0.0001", 1e-4),
        ("1_000", 1000),
        ("-3", -3),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("2024-01-31", "2024-01-31"),
        (".inf", ".inf"),
        ('"1"', "1"),
        ("[1, 2.5, a]", [1, 2.5, "a"]),
    ],
)
def test_values_are_what_they_look_like(text: str, value: Any, tmp_path: Path) -> None:
    read_value = read(f"key: {text}\n", tmp_path).data["key"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_keys_are_texts_as_written(tmp_path: Path) -> None:
    assert read("on: 1\nno: 2\n1: 3\n1.50: 4\n", tmp_path).data == {"on": 1, "no": 2, "1": 3, "1.50": 4}


def test_anchors_repeat_a_value(tmp_path: Path) -> None:
    assert read("a: &x [1]\nb: *x\n", tmp_path).data == {"a": [1], "b": [1]}


def test_every_key_and_entry_has_its_line(tmp_path: Path) -> None:
    document = read("# one\na:\n  b.c: 1\n  d:\n    - e\n    - f: 2\n", tmp_path)
    assert document.where("a.b.c") == f"{document.path}:3"
    assert document.where("a.b.c.deeper") == f"{document.path}:3"
    assert document.where("a.d.1.f") == f"{document.path}:6"
    assert document.where("a.missing") == f"{document.path}:2"
    assert document.where("ab") == f"{document.path}:1"
    assert document.line("a", "d", "0") == f"{document.path}:5"


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"b\.yaml: cannot be read as UTF-8"):
        load_document(path)
    with pytest.raises(UserError, match="cannot be read"):
        load_document(tmp_path)


def test_control_characters_are_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.yaml:1: not YAML"):
        read("a: \x07\n", tmp_path)
