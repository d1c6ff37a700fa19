"""A remembered size is the counted one, and nothing that is not whole is taken for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.schedule import sizes
from tinker.schedule.sizes import remembered_size
from tinker.train.base import size_of_model


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The vocabularies that were counted for, with a cache of its own."""
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path))
    found: list[int] = []
    monkeypatch.setattr(sizes, "size_of_model", lambda config, size: found.append(size) or size_of_model(config, size))
    return found


def _config(*overrides: str) -> TrialConfig:
    return TrialConfig.from_dict(compose(["scale=smoke", "train.accelerator=cpu", *overrides]))


def test_a_model_is_counted_once_and_has_the_size_that_was_counted(counted: list[int]) -> None:
    plain, wide = _config(), _config("model.n_embd=64")
    for _ in range(2):
        assert remembered_size(plain, 65) == size_of_model(plain, 65)
        assert remembered_size(wide, 65) == size_of_model(wide, 65)
    assert counted == [65, 65]
    assert remembered_size(plain, 66) == size_of_model(plain, 66)


def test_other_code_counts_anew(counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    remembered_size(_config(), 65)
    monkeypatch.setattr(sizes, "code_record", lambda *asked: {"fingerprint": "other"})
    remembered_size(_config(), 65)
    assert counted == [65, 65]


def test_a_torn_file_is_made_again(counted: list[int], tmp_path: Path) -> None:
    whole = remembered_size(_config(), 65)
    (path,) = (tmp_path / "sizes").iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    assert [remembered_size(_config(), 65), remembered_size(_config(), 65)] == [whole, whole]
    assert counted == [65, 65]


def test_a_cache_that_cannot_be_written_stops_nothing(counted: list[int], tmp_path: Path) -> None:
    (tmp_path / "sizes").write_text("a file where the folder should be")
    assert remembered_size(_config(), 65) == size_of_model(_config(), 65)
