"""Damage is found, said, moved aside, and never counted as a result."""

from __future__ import annotations

import os

import pytest

from tinker.errors import UserError
from tinker.store.atomic import HOST

CLASS = "cpu-x-torch2.13-t1-abcdef"
DEAD = 2**22 + 1  # above the kernel's highest pid


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


def edit(path):
    data = path.read_bytes()
    assert b"2" in data
    path.write_bytes(data.replace(b"2", b"3"))


@pytest.mark.parametrize("damage", [truncate, zero, edit])
@pytest.mark.parametrize("file", ["result", "curve", "environment", "code"])
def test_a_damaged_record_is_moved_aside_and_the_trial_is_pending(store, spec, commit, damage, file):
    commit(store, 1, 2.0)
    commit(store, 2, 2.0)
    folder = store.folder(spec(1), CLASS)
    (path,) = folder.path.glob(f"{file}.*")
    damage(path)

    (finding,) = store.heal()
    assert path.name in str(finding)
    assert "pending" in str(finding)
    assert (folder.path / "result.json.corrupt").exists()
    assert path.exists() or file == "result"
    assert store.done([spec(1).id, spec(2).id], CLASS) == {spec(2).id}
    assert store.heal() == []
    assert commit(store, 1, 5.0)
    assert store.get(spec(1).id, CLASS).curve().to_pylist()[0]["value"] == 5.0


@pytest.mark.parametrize("file", ["result", "curve"])
def test_a_commit_gets_past_a_damaged_record(store, spec, commit, file):
    commit(store, 1, 2.0)
    folder = store.folder(spec(1), CLASS)
    for attempt in (3.0, 4.0):
        (path,) = folder.path.glob(f"{file}.{_token(store, spec)}*" if file == "curve" else "result.json")
        truncate(path)
        assert commit(store, 1, attempt)
        assert store.get(spec(1).id, CLASS).result["metrics"]["val_loss"] == attempt
    assert {path.name for path in folder.path.glob("*.corrupt")} == {"result.json.corrupt", "result.json.2.corrupt"}


def test_reading_a_damaged_curve_says_so(store, spec, commit):
    commit(store, 1, 2.0)
    trial = store.get(spec(1).id, CLASS)
    (path,) = trial.folder.path.glob("curve.*")
    truncate(path)
    with pytest.raises(UserError, match=r"curve\..*sha256.*tinker doctor --store"):
        trial.curve()
    path.unlink()
    with pytest.raises(UserError, match="missing"):
        trial.curve()


def test_reading_the_curve_of_an_unfinished_trial_says_so(store, spec):
    store.begin(spec(1), CLASS, "me")
    with pytest.raises(UserError, match="running and has no result"):
        store.get(spec(1).id, CLASS).curve()


@pytest.mark.parametrize("file", ["spec", "status"])
def test_damaged_small_files_are_moved_aside(store, spec, commit, file):
    commit(store, 1, 2.0)
    path = getattr(store.folder(spec(1), CLASS), file)
    truncate(path)
    (finding,) = store.heal()
    assert f"{file}.json.corrupt" in str(finding)
    assert store.done([spec(1).id], CLASS) == {spec(1).id}
    assert store.get(spec(1).id, CLASS).status.state == "done"


def test_leftovers_of_dead_processes_go_and_those_of_living_ones_stay(store, spec, commit):
    commit(store, 1, 2.0)
    folder = store.folder(spec(1), CLASS).path
    dead = folder / f".result.json.{HOST}.{DEAD}.0.tmp"
    living = folder / f".result.json.{HOST}.{os.getpid()}.0.tmp"
    elsewhere, long_ago = folder / f".result.json.{'0' * 8}.{DEAD}.0.tmp", folder / f".x.{'0' * 8}.{DEAD}.1.tmp"
    for path in (dead, living, elsewhere, long_ago):
        path.touch()
    os.utime(long_ago, (0, 0))
    assert {finding.path for finding in store.heal()} == {dead, long_ago}
    assert living.exists()
    assert elsewhere.exists()


def test_parts_of_a_killed_second_commit_go(store, spec, commit):
    commit(store, 1, 2.0)
    stray = store.folder(spec(1), CLASS).part("curve", "00000000")
    stray.write_bytes(b"x")
    assert [finding.path for finding in store.heal()] == [stray]
    assert store.get(spec(1).id, CLASS).curve().num_rows == 20


def test_parts_without_a_result_stay_since_they_may_be_a_commit_under_way(store, spec):
    store.begin(spec(1), CLASS, "me")
    part = store.folder(spec(1), CLASS).part("curve", "00000000")
    part.write_bytes(b"x")
    assert store.heal() == []
    assert part.exists()


def _token(store, spec):
    return store.get(spec(1).id, CLASS).result["record"]["token"]
