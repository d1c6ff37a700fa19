"""Which files count, and the fingerprint of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tinker.errors import UserError
from tinker.pretrained.folder import pretrained_fingerprint, weight_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards with their index, and another format's copy beside them."""
    path = tmp_path / "weights"
    path.mkdir()
    (path / "config.json").write_text("{}")
    for name in ("a", "b", "consolidated"):
        (path / f"{name}.safetensors").write_bytes(name.encode())
    index = {"weight_map": {"x": "b.safetensors", "y": "a.safetensors", "z": "b.safetensors"}}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    return path


def test_the_index_says_which_files_count(folder: Path) -> None:
    assert [path.name for path in weight_files(folder)] == ["a.safetensors", "b.safetensors"]


def test_a_fingerprint_is_of_contents_not_of_places(folder: Path, tmp_path: Path) -> None:
    before = pretrained_fingerprint(folder)
    assert len(before) == 16 and int(before, 16) >= 0
    assert pretrained_fingerprint(shutil.copytree(folder, tmp_path / "copy")) == before
    (folder / "consolidated.safetensors").write_bytes(b"other")
    (folder / "README.md").write_text("new")
    assert pretrained_fingerprint(folder) == before


@pytest.mark.parametrize("name", ["a.safetensors", "b.safetensors", "config.json"])
def test_a_fingerprint_changes_with_each_file_that_counts(name: str, folder: Path) -> None:
    before = pretrained_fingerprint(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[::-1] + b" ")
    assert pretrained_fingerprint(folder) != before


def test_bytes_that_move_between_files_change_it(folder: Path) -> None:
    before = pretrained_fingerprint(folder)
    (folder / "a.safetensors").write_bytes(b"ab")
    (folder / "b.safetensors").write_bytes(b"")
    assert pretrained_fingerprint(folder) != before


@pytest.mark.parametrize(
    ("name", "says"),
    [("a.safetensors", "names shards that are not there: a.safetensors"), ("config.json", r"no config\.json in it")],
)
def test_a_file_that_is_not_there_is_named(name: str, says: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(UserError, match=says):
        pretrained_fingerprint(folder)


def test_an_index_that_is_none_is_named(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text("[]")
    with pytest.raises(UserError, match="not an index of safetensors"):
        weight_files(folder)
