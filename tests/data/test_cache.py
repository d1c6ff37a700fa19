"""What is made once and found by all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.data.cache import built_once, cache_folder
from tinker.errors import UserError


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TINKER_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder() == tmp_path / ".cache" / "tinker"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "shared" / "tinker"
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_what_is_there_is_not_built_again(tmp_path: Path) -> None:
    calls = []
    for _ in range(2):
        built_once(tmp_path / "x", lambda to: calls.append((to / "file").write_text("content")))
    assert len(calls) == 1
    assert (tmp_path / "x" / "file").read_text() == "content"


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    def build(to: Path) -> None:
        (to / "half").write_text("content")
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        built_once(tmp_path / "x", build)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_builders_wins_and_the_other_uses_its_work(tmp_path: Path) -> None:
    def slow(to: Path) -> None:
        (to / "file").write_text("late")
        built_once(tmp_path / "x", fast)

    def fast(to: Path) -> None:
        (to / "file").write_text("early")

    assert (built_once(tmp_path / "x", slow) / "file").read_text() == "early"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_cache_that_cannot_be_written_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("a file where the cache should be")
    with pytest.raises(UserError, match="TINKER_CACHE"):
        built_once(tmp_path / "occupied" / "x", lambda to: None)
