"""What marks this user's pods, and who looks after a fleet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tinker.cloud.state import State
from tinker.errors import UserError


def test_the_owner_is_made_once_and_kept(tmp_path: Path) -> None:
    owner = State(tmp_path).owner()
    assert len(owner) == 16
    assert State(tmp_path).owner() == owner
    assert State(tmp_path / "other").owner() != owner


def test_a_fleet_is_held_by_one_process_and_let_go_by_its_death(tmp_path: Path) -> None:
    folder = State(tmp_path).new_fleet()
    holder = (
        "import sys, os, signal; from pathlib import Path; from tinker.cloud.state import FleetFolder;"
        f"folder = FleetFolder(Path({str(folder.path)!r})); assert folder.hold(); print('held', flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        assert not folder.hold()
        child.kill()
    assert folder.hold()
    folder.let_go()


def test_fleets_are_found_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert list(state.fleets()) == []
    folder = state.new_fleet()
    assert [each.name for each in state.fleets()] == [folder.name]
    found = state.fleet(folder.name)
    assert found is not None
    assert found.path == folder.path
    assert state.fleet("tinker-00000000") is None
    assert state.fleet("../owner") is None


def test_only_their_owner_reads_the_folders(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.owner()
    assert state.new_fleet().path.stat().st_mode & 0o077 == 0
    assert state.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "me", "0123456789abcde"])
def test_an_owner_that_is_none_is_refused_since_nobody_would_find_the_pods_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "owner").write_text(text)
    with pytest.raises(UserError, match="not 16 hex digits"):
        State(tmp_path).owner()
