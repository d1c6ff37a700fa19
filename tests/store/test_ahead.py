"""What another process has seen ahead of time is what this one would see, or it is not taken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.tables.made_up import finish, grid, save
from tinker.provenance.hardware import cores
from tinker.store import ahead
from tinker.store.ahead import look_ahead, looks
from tinker.store.layout import Layout
from tinker.tables import stored
from tinker.tables.collect import collect
from tinker.tables.names import TRIALS

ARMS = {"baseline-v0": [0, 1], "rotary": [0, 1]}
GRID = grid(ARMS)
IDS = {cell["trial_id"] for cell in GRID["cells"]}

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork") or cores() < 2, reason="it needs fork and a second core"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three finished trials of four. The process of the tests has threads, which ours at its beginning has not."""
    monkeypatch.setattr(ahead.threading, "active_count", lambda: 1)
    for arm, seed in (("baseline-v0", 0), ("baseline-v0", 1), ("rotary", 0)):
        finish(tmp_path, arm, seed, val_loss=2.0 + seed, points=3)
    save(tmp_path, GRID)
    time.sleep(0.1)  # what was written this moment is seen otherwise
    return tmp_path


def tables(results: Path) -> Path:
    return results / GRID["name"] / TRIALS


def test_it_is_what_this_process_sees(results: Path) -> None:
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is not None
        seen = begun.taken(IDS, tables(results))
    assert seen == list(looks(Layout(results), IDS))
    assert seen is not None and len(seen) == 3
    with pytest.raises(ChildProcessError):
        os.waitpid(begun._process, 0)


def test_a_report_that_has_it_looks_at_no_folder_and_says_the_same(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = collect(results, GRID, keep=False)
    monkeypatch.setattr(stored, "looks", lambda layout, ids: pytest.fail("it has looked"))
    with look_ahead(results, GRID["name"]) as begun:
        made = collect(results, GRID, keep=False, ahead=begun)
    assert made.trials.equals(alone.trials)
    assert made.curves.equals(alone.curves)


def test_where_tables_were_written_meanwhile_it_is_not_taken(results: Path) -> None:
    with look_ahead(results, GRID["name"]) as begun:
        finish(results, "rotary", 1, val_loss=1.0)
        collect(results, GRID)  # another report, which has seen that trial
        made = collect(results, GRID, keep=False, ahead=begun)
    assert made.trials.column("val_loss").to_pylist() == [2.0, 3.0, 2.0, 1.0]


def test_of_other_trials_than_the_grid_has_now_it_is_not_taken(results: Path) -> None:
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is not None
        assert begun.taken({*IDS, "0" * 16}, tables(results)) is None


def test_where_there_is_no_grid_or_the_other_process_dies_there_is_nothing_to_take(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with look_ahead(results, "no-such-grid") as begun:
        assert begun is not None
        assert begun.taken(IDS, tables(results)) is None
    monkeypatch.setattr(ahead, "looks", lambda layout, ids: time.sleep(600))
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is not None
        os.kill(begun._process, signal.SIGKILL)
        assert begun.taken(IDS, tables(results)) is None


def test_nothing_is_left_of_one_that_is_not_taken(results: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is not None
    with pytest.raises(ChildProcessError):
        os.waitpid(begun._process, 0)
    assert capfd.readouterr() == ("", "")


def test_it_does_not_outlive_one_that_is_killed(tmp_path: Path) -> None:
    """It sees more than a pipe holds, and nobody reads."""
    many = grid({"baseline-v0": range(500)})
    save(tmp_path, many)
    for cell in many["cells"]:
        folder = Layout(tmp_path).trial(cell["trial_id"], "cpu-made-up")
        folder.path.mkdir(parents=True)
        for path in (folder.spec, folder.status, folder.result):
            path.touch()
    code = (
        "import sys, time; from pathlib import Path; from tinker.store.ahead import look_ahead\n"
        f"with look_ahead(Path({str(tmp_path)!r}), 'made-up') as begun:\n"
        "    print(begun._process, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(1.0)  # it has looked by then, and waits
    assert child.is_running()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert psutil.wait_procs([child], timeout=20)[1] == []


def test_a_process_that_cannot_be_forked_is_done_without(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is None


def test_a_process_with_threads_is_not_forked(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead.threading, "active_count", lambda: 2)
    with look_ahead(results, GRID["name"]) as begun:
        assert begun is None
