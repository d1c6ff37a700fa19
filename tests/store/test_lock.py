"""What is read, changed and written back is so by one process at a time."""

from __future__ import annotations

from threading import Timer

import pytest

from tinker.store.lock import results_lock

HOLD = """
from tinker.store.lock import results_lock
with results_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""

COUNT = """
from tinker.store.lock import results_lock
count = Path(sys.argv[1], "count")
for _ in range(200):
    with results_lock(count.parent):
        count.write_text(str(int(count.read_text()) + 1))
"""


@pytest.fixture
def held(run, tmp_path):
    process = run(HOLD, tmp_path)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_nothing_is_lost_between_two_processes(run, tmp_path):
    (tmp_path / "count").write_text("0")
    for process in [run(COUNT, tmp_path) for _ in range(2)]:
        process.communicate()
        assert process.returncode == 0
    assert (tmp_path / "count").read_text() == "400"


def test_who_waits_long_says_for_whom_and_then_goes_on(held, tmp_path):
    told = []

    def notice(text):
        told.append(text)
        held.stdin.close()  # only now the other lets go

    with results_lock(tmp_path, notice, patience=0.1):
        assert len(told) == 1
        assert f"process {held.pid} on " in told[0]


def test_without_a_notice_stderr_has_it(held, tmp_path, capsys):
    Timer(0.5, held.stdin.close).start()
    with results_lock(tmp_path, patience=0.1):
        assert f"waiting for process {held.pid} on " in capsys.readouterr().err


def test_a_killed_process_holds_nothing(held, tmp_path):
    held.kill()
    held.wait()
    told = []
    with results_lock(tmp_path, told.append):
        assert told == []


def test_it_may_be_taken_again_inside(tmp_path):
    with results_lock(tmp_path):
        with results_lock(tmp_path):
            pass
        assert (tmp_path / ".results.lock.txt").exists(), "held still"
    assert not (tmp_path / ".results.lock.txt").exists()


def test_who_raises_lets_go(tmp_path):
    with pytest.raises(RuntimeError), results_lock(tmp_path):
        raise RuntimeError
    told = []
    with results_lock(tmp_path, told.append, patience=0.1):
        assert told == []
