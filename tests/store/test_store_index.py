"""The index gives the files' answer, whatever happens to it or to them."""

from __future__ import annotations

import json
import random
import shutil

import pytest

from tinker.store import index as index_module
from tinker.store.store import Store

CLASS = "cpu-x-torch2.13-t1-abcdef"


@pytest.fixture
def settled(monkeypatch):
    """As if every file had been written long ago."""
    monkeypatch.setattr("tinker.store.reading.TICK", -3600.0)


@pytest.fixture
def filled(store, commit, settled):
    for n in range(5):
        commit(store, n, float(n))
    list(store.rows())
    return store


def losses(store):
    return sorted(row.result["metrics"]["val_loss"] for row in store.rows() if row.result)


def test_what_has_not_changed_is_not_read_again(filled, spec, commit, monkeypatch):
    commit(filled, 5, 5.0)
    read = []
    real = index_module.read_snapshot
    monkeypatch.setattr(index_module, "read_snapshot", lambda folder: read.append(folder.trial_id) or real(folder))
    assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert read == [spec(5).id]


def test_a_file_written_a_moment_ago_is_not_remembered(store, commit):
    commit(store, 1, 1.0)
    for round_ in range(30):
        for row in store.rows():
            row.folder.status.write_text(json.dumps({"attempts": round_ % 10}))
        assert [row.status.attempts for row in store.rows()] == [max(1, round_ % 10)]


def test_it_is_made_again_where_it_was_deleted(filled):
    filled.layout.index.unlink()
    assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert filled.layout.index.exists()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(4096)])
def test_it_is_made_again_where_it_is_no_database(filled, content):
    filled.layout.index.write_bytes(content)
    assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_flipped_bytes_change_no_answer(filled):
    whole = filled.layout.index.read_bytes()
    rng = random.Random(0)
    for _ in range(40):
        torn = bytearray(whole)
        for _ in range(20):
            torn[rng.randrange(len(torn))] ^= 1 << rng.randrange(8)
        filled.layout.index.write_bytes(torn)
        assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_an_index_of_another_version_is_replaced(filled, monkeypatch):
    monkeypatch.setattr(index_module, "SCHEMA_VERSION", 7)
    assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_without_an_index_the_files_are_read(store, commit):
    commit(store, 1, 1.0)
    store.layout.index.mkdir(parents=True)  # SQLite cannot open it
    assert losses(store) == [1.0]


def test_trials_that_another_program_brings_or_takes_are_seen(filled, tmp_path, spec, commit):
    pod = Store(tmp_path / "pod")
    commit(pod, 7, 7.0)
    shutil.copytree(pod.layout.results, filled.layout.results, dirs_exist_ok=True, ignore=_without_index)
    assert losses(filled) == [0.0, 1.0, 2.0, 3.0, 4.0, 7.0]
    shutil.rmtree(filled.folder(spec(3), CLASS).path)
    assert losses(filled) == [0.0, 1.0, 2.0, 4.0, 7.0]
    assert filled.done([spec(3).id, spec(7).id], CLASS) == {spec(7).id}


def test_a_copied_index_is_not_believed(filled, tmp_path, spec):
    copy = Store(tmp_path / "copy")
    shutil.copytree(filled.layout.results, copy.layout.results)
    shutil.rmtree(copy.folder(spec(0), CLASS).path)
    assert losses(copy) == [1.0, 2.0, 3.0, 4.0]


def test_a_result_counts_when_its_last_file_has_arrived_in_whatever_order(filled, tmp_path, spec, commit):
    pod = Store(tmp_path / "pod")
    commit(pod, 7, 7.0)
    source, target = pod.folder(spec(7), CLASS).path, filled.folder(spec(7), CLASS).path
    target.mkdir(parents=True)
    files = sorted(source.iterdir(), reverse=True)  # result.json before what it names
    for file in files:
        assert filled.done([spec(7).id], CLASS) == set()
        shutil.copy2(file, target)
    assert filled.done([spec(7).id], CLASS) == {spec(7).id}
    (curve,) = target.glob("curve.*")
    curve.unlink()
    assert filled.done([spec(7).id], CLASS) == set()


def test_two_processes_that_list_while_trials_come_in_agree(store, spec, commit, run):
    commit(store, 0, 0.0)
    script = """
store = Store(Path(sys.argv[1]))
seen = 0
while seen < 25:
    now = sum(row.result is not None for row in store.rows())
    assert now >= seen, (now, seen)
    seen = now
print(seen)
"""
    listing = [run(script, store.layout.results) for _ in range(2)]
    for n in range(1, 25):
        commit(store, n, float(n))
    assert [process.communicate()[0] for process in listing] == ["25\n", "25\n"]
    assert len(losses(store)) == 25


def test_a_read_only_store_is_read_without_one(store, commit, run):
    for n in range(3):
        commit(store, n, float(n))
    script = """
from tinker.errors import UserError
store = Store(Path(sys.argv[1]))
print(sorted(row.result["metrics"]["val_loss"] for row in store.rows()), len(store.done([spec(0).id], CLASS)))
try:
    store.begin(spec(9), CLASS, "me")
except UserError as error:
    print(error)
"""
    results = store.layout.results
    read_only = f"mount --bind '{results}' '{results}' && mount -o remount,bind,ro '{results}'"
    answer, _ = run(script, results, inside=read_only).communicate()
    assert answer.startswith("[0.0, 1.0, 2.0] 1\n")
    assert "read-only" in answer
    assert not store.layout.index.exists()


def _without_index(folder, names):
    return [name for name in names if name.startswith("index.sqlite")]
