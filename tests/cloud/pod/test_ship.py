"""What a machine hands over, and which requests it takes."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.stores import CLASS, checkpoint, commit, folder, spec, there
from tinker.cloud.pod import ship as shipping
from tinker.cloud.pod.ship import pack, ship, stops
from tinker.cloud.pod.tree import fingerprint
from tinker.errors import UserError

pytestmark = pytest.mark.usefixtures("machine")


def ask(have: Any = None, checkpoints: str = "unfinished") -> dict[str, Any]:
    known = {"have": have, "partial": {}, "checkpoints": checkpoints}
    answer = ship(zlib.compress(json.dumps(known).encode()))
    with tarfile.open(fileobj=io.BytesIO(answer)) as tar:
        member = tar.extractfile("index.json")
        assert member is not None
        index: dict[str, Any] = json.loads(member.read())
        assert [int(name) for name in tar.getnames()[1:]] == list(range(len(index["files"])))
    return index


def names(index: dict[str, Any]) -> list[str]:
    return [entry["name"].removeprefix("trials/") for entry in index["files"]]


def test_of_nothing_there_is_nothing() -> None:
    assert ask({}) == {"files": [], "more": False, "drivers": []}


def test_a_record_comes_whole_with_its_result_last() -> None:
    commit(there(), 1)
    at = f"{spec(1).id}/{CLASS}"
    token = json.loads(folder(there(), 1).result.read_bytes())["record"]["token"]
    assert names(ask({})) == [
        f"{at}/spec.json",
        f"{at}/curve.{token}.parquet",
        f"{at}/environment.{token}.json",
        f"{at}/code.{token}.json",
        f"{at}/result.json",
        f"{at}/status.json",
    ]


def test_a_commit_under_way_and_what_is_no_business_of_homes_stay() -> None:
    there().begin(spec(1), CLASS, "me")
    path = folder(there(), 1).path
    for name in ("curve.aa.parquet", "lease.json", ".x.tmp", "result.json.corrupt"):
        (path / name).write_text("x")
    (path / "link").symlink_to("/etc/passwd")
    (path / "log.txt").write_text("said")
    assert [name.rpartition("/")[2] for name in names(ask({}))] == ["log.txt", "spec.json", "status.json"]


def test_an_answer_has_an_end_and_records_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "LIMIT", 1)
    commit(there(), 1)
    commit(there(), 2)
    checkpoint(there(), 3, b"state")
    index = ask({})
    assert index["more"] is True
    assert names(index)[-1].endswith("/result.json")
    assert len(index["files"]) == 5


def test_a_record_that_lacks_a_part_is_kept_back() -> None:
    commit(there(), 1)
    next(folder(there(), 1).path.glob("curve.*")).unlink()
    assert [name.rpartition("/")[2] for name in names(ask({}))] == ["status.json"]


@pytest.mark.parametrize("known", [b"", b"{}", zlib.compress(b"[]"), zlib.compress(b"{}")])
def test_what_is_no_question_is_refused(known: bytes) -> None:
    with pytest.raises(UserError, match="does not know"):
        ship(known)


TOKEN = "0" * 32


@pytest.mark.parametrize("name", ["../x.stop", f".drivers/{TOKEN}.json", f"/.drivers/{TOKEN}.stop", "x"])
def test_a_request_to_stop_names_stop_files_only(machine: Path, name: str) -> None:
    with pytest.raises(UserError, match="names other files"):
        stops(pack([(name, b"")]))
    assert list(machine.iterdir()) == []


def test_only_drivers_that_are_here_are_asked_to_stop() -> None:
    results = there().layout.results
    (results / ".drivers").mkdir(parents=True)
    (results / ".drivers" / f"{TOKEN}.json").touch()
    other = "1" * 32
    stops(pack([(f".drivers/{TOKEN}.stop", b""), (f".drivers/{other}.stop", b"")]))
    assert sorted(path.name for path in (results / ".drivers").iterdir()) == [f"{TOKEN}.json", f"{TOKEN}.stop"]
    with pytest.raises(UserError, match="cannot be read"):
        stops(b"x" * 600)


def test_a_fingerprint_stands_for_names_and_bytes_of_the_code_alone(tmp_path: Path) -> None:
    code = tmp_path / "a"
    (code / "tinker" / "__pycache__").mkdir(parents=True)
    (code / "tinker" / "x.py").write_text("1")
    first = fingerprint(code)
    for name in ("other.py", "tinker/__pycache__/x.pyc", "tinker/.x.swp"):
        (code / name).write_text("?")
    assert fingerprint(code) == first
    (code / "tinker" / "x.py").rename(code / "tinker" / "y.py")
    assert fingerprint(code) != first
    (code / "tinker" / "y.py").rename(code / "tinker" / "x.py")
    (code / "tinker" / "x.py").write_text("2")
    assert fingerprint(code) != first
