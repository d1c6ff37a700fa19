"""One driver for each results folder."""

from __future__ import annotations

import os

import pytest

from tinker.errors import BUSY, UserError
from tinker.store.lock import driver_lock, holder

HOLD = """
from tinker.store.lock import driver_lock
with driver_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
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


def test_a_second_driver_is_refused_with_the_name_of_the_first(held, tmp_path):
    with pytest.raises(UserError, match=f"process {held.pid} on .*, since 20.*: -c") as caught, driver_lock(tmp_path):
        pass
    assert caught.value.exit_code == BUSY


def test_a_killed_driver_holds_nothing(held, tmp_path):
    held.kill()
    held.wait()
    assert holder(tmp_path).pid == held.pid, "the side file is left, and proves nothing"
    with driver_lock(tmp_path) as mine:
        assert mine.pid == os.getpid()
        assert holder(tmp_path) == mine
    assert holder(tmp_path) is None


def test_a_driver_that_waits_says_for_whom_and_then_goes_on(held, tmp_path):
    told = []

    def notice(text):
        told.append(text)
        held.stdin.close()  # the first driver ends only now

    with driver_lock(tmp_path, wait=True, notice=notice) as mine:
        assert holder(tmp_path) == mine
    assert len(told) == 1
    assert f"process {held.pid} " in told[0]


def test_other_folders_are_free(held, tmp_path):
    with driver_lock(tmp_path / "other") as mine:
        assert mine.pid == os.getpid()


def test_a_driver_that_raises_lets_go(tmp_path):
    with pytest.raises(RuntimeError), driver_lock(tmp_path):
        raise RuntimeError
    with driver_lock(tmp_path):
        pass
