"""A fleet over light pods, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.flight import Flight
from tests.cloud.house import House
from tests.cloud.yard import Yard
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod


@pytest.fixture(autouse=True)
def back_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watching a fleet goes to the folder in which it was begun; no other test is to find itself there."""
    monkeypatch.chdir(Path.cwd())


@pytest.fixture
def flight(tmp_path: Path) -> Iterator[Flight]:
    """Of one pod, with all at its default."""
    with Flight(tmp_path) as made:
        yield made


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Flight]:
    """Of two pods, whose run takes a while."""
    with Flight(tmp_path, pods=2, beats=3) as made:
        yield made


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A user's folder with a grid in it, and an account."""
    with FakeRunPod(tmp_path / "service", clock=VirtualClock()) as fake:
        made = House(tmp_path / "here", fake, monkeypatch)
        made.settle_in()
        yield made


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    """Nobody else's pods are touched in it."""
    clock = VirtualClock()
    with FakeRunPod(tmp_path / "service", clock=clock) as fake:
        yield Yard(tmp_path, fake, clock)
        assert len(fake.foreign) == 3
        assert not [call for call in fake.calls if (call.pod_id or "").startswith("foreign")]
