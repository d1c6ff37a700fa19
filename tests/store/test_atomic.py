"""Atomic files, and what is said where a disk refuses."""

from __future__ import annotations

import errno
import os
import threading

import pytest

from tinker.errors import UserError
from tinker.store.atomic import commit_once, write_bytes, write_json, write_table

CLASS = "cpu-x-torch2.13-t1-abcdef"


def test_a_write_replaces_and_leaves_no_temporary_file(tmp_path):
    path = tmp_path / "new" / "folder" / "x.json"
    write_json(path, {"b": 1, "a": [1.5]})
    write_json(path, {"a": 2}, durable=False)
    assert path.read_text() == '{\n "a": 2\n}\n'
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_a_table_reads_back(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"step": [1, 2], "value": [0.5, None]})
    write_table(tmp_path / "t.parquet", table)
    assert pyarrow.parquet.read_table(tmp_path / "t.parquet").equals(table)


def test_of_many_threads_one_commits(tmp_path):
    path, won = tmp_path / "once", []
    start = threading.Barrier(8)

    def race(n: int) -> None:
        start.wait()
        if commit_once(path, str(n).encode()):
            won.append(n)

    threads = [threading.Thread(target=race, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(path.read_bytes())] == won
    assert [p.name for p in tmp_path.iterdir()] == ["once"]


@pytest.mark.parametrize("repeated", [True, False])
def test_a_link_whose_answer_was_lost_still_counts(tmp_path, monkeypatch, repeated):
    link = os.link

    def unsure(source, target):
        if repeated:
            link(source, target)
        raise FileExistsError(errno.EEXIST, "exists")

    monkeypatch.setattr(os, "link", unsure)
    assert commit_once(tmp_path / "x", b"x") is repeated


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "bytes are free"),
        (errno.EDQUOT, "bytes are free"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "may not write"),
    ],
)
def test_a_disk_that_refuses_is_explained_and_what_was_there_stays(tmp_path, monkeypatch, number, says):
    path = tmp_path / "x"
    write_bytes(path, b"old")
    write = os.write

    def half(descriptor, data):
        if len(data) > 1000:
            return write(descriptor, data[:500])
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", half)
    for attempt in (lambda: write_bytes(path, bytes(1200)), lambda: commit_once(tmp_path / "y", bytes(1200))):
        with pytest.raises(UserError, match=says) as caught:
            attempt()
        assert str(tmp_path) in str(caught.value)
        assert "1,200 bytes" in str(caught.value)
        assert caught.value.exit_code == 1
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_an_error_that_no_user_can_mend_is_not_dressed_up(tmp_path, monkeypatch):
    def broken(descriptor, data):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(os, "write", broken)
    with pytest.raises(OSError, match="input/output") as caught:
        write_bytes(tmp_path / "x", b"x")
    assert caught.value.errno == errno.EIO


def test_a_file_system_without_hard_links_is_named(tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError(errno.EPERM, "not permitted", source, None, target)

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(UserError, match="hard links"):
        commit_once(tmp_path / "x", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_commit_to_a_full_disk_leaves_no_record_and_works_once_there_is_room(tmp_path, run):
    script = """
from tinker.errors import UserError
store = Store(Path(sys.argv[1], "results"))
filler = Path(sys.argv[1], "filler")
commit(store, 0, 0.0)
with filler.open("wb", buffering=0) as file:
    try:
        while file.tell() < 2**20 and file.write(bytes(4096)):
            pass
    except OSError:
        pass
done = 0
try:
    for n in range(1, 1000):
        commit(store, n, float(n))
        done = n
except UserError as error:
    print(error)
ids = [spec(n).id for n in range(done + 2)]
print(len(store.done(ids, CLASS)) == done + 1)
filler.unlink()
print(commit(store, done + 1, 1.0), len(store.done(ids, CLASS)) == done + 2)
"""
    answer, _ = run(script, tmp_path, inside=f"mount -t tmpfs -o size=512k tmpfs '{tmp_path}'").communicate()
    assert "No space left on device" in answer
    assert "checkpoints of finished trials" in answer
    assert answer.endswith("True\nTrue True\n")
