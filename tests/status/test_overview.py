"""What anybody can see of a results folder, whoever works in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.status.conftest import saying, take_up
from tests.tables import made_up
from tinker.errors import UserError
from tinker.status.overview import overview
from tinker.status.show import show
from tinker.status.working import SILENT, working
from tinker.store.drivers import presence_file
from tinker.store.presence import Presence
from tinker.store.strict_json import decode, encode


def _text(results: Path, grid: str | None = None) -> str:
    return "\n".join(show(overview(results, grid)))


def _as(results: Path, presence: Presence, **changes: object) -> None:
    """Rewrites what a driver shows of itself."""
    path = presence_file(results, presence.token)
    path.write_bytes(encode(decode(path.read_bytes()) | changes))


def test_without_a_driver_the_store_speaks_and_nothing_runs(results: Path) -> None:
    text = _text(results)
    assert text.startswith("nothing runs\n")
    assert "made-up: 1 done, 1 diverged, 1 failed, 3 waiting of 6 trials" in text
    assert "base seed 2: failed: out of memory: 3 GB" in text
    assert "log.txt" in text


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    assert _text(tmp_path / "results") == "nothing runs\nno grid has been run here"


def test_a_driver_is_shown_with_what_it_says_and_what_its_workers_do(results: Path) -> None:
    presence = Presence(results)
    presence.say(saying())
    with presence:
        take_up(results, presence, "wide", 2)
        text = _text(results, "made-up")
    assert f"process {os.getpid()} on " in text
    assert "120 trials an hour, about 10 min left, $1.25 spent" in text
    assert "made-up: comparing, look 2 of 3: 1 done, 1 diverged, 1 failed, 1 running, 2 waiting of 6 trials" in text
    assert "wide seed 2: step 40 of 100 (40%)" in text


def test_a_trial_of_a_tuning_is_known_from_its_driver(results: Path) -> None:
    presence = Presence(results)
    trial = made_up.spec("wide lr", 9)
    presence.say(saying(running=[{"trial": trial.id, "label": "wide lr=0.1 seed 9", "grid": "made-up"}]))
    with presence:
        take_up(results, presence, "wide lr", 9)
        assert "wide lr=0.1 seed 9: step 40 of 100 (40%)" in _text(results)


def test_what_a_dead_driver_had_waits_again(results: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    presence = Presence(results)
    with presence:
        take_up(results, presence, "wide", 2)
        _as(results, presence, pid=process.pid)
        text = _text(results)
    assert "nothing runs" in text
    assert "has died; what it had running goes on with the next `tinker run`" in text
    assert "3 waiting of 6 trials" in text


def test_a_driver_that_is_held_or_silent_is_said_to_be(results: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)
        presence = Presence(results)
        with presence:
            _as(results, presence, pid=process.pid, born=None)
            assert f"kill -CONT {process.pid}" in _text(results)
            _as(results, presence, machine="another", host="node-2")
            assert [one.life for one in working(results)] == ["working"]
            path = presence_file(results, presence.token)
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 2 * SILENT))
            assert "has given no sign of life for 6" in _text(results)
    finally:
        process.kill()
        process.wait()


def test_json_says_the_same(results: Path) -> None:
    presence = Presence(results)
    presence.say(saying())
    with presence:
        take_up(results, presence, "wide", 2)
        told = json.loads(json.dumps(overview(results, None).as_dict(), allow_nan=False))
    assert told["drivers"][0]["life"] == "working"
    assert told["drivers"][0]["grids"] == ["made-up"]
    [grid] = told["grids"]
    assert grid["trials"] == {"done": 1, "diverged": 1, "failed": 1, "running": 1, "waiting": 2}
    assert grid["running"][0]["step"] == 40
    assert grid["failures"][0]["cause"] == "out of memory: 3 GB"


def test_a_grid_that_is_not_there_is_an_error_and_one_that_is_damaged_hides_no_other(results: Path) -> None:
    with pytest.raises(UserError, match="grids there are: made-up"):
        overview(results, "other")
    (results / "torn").mkdir()
    (results / "torn" / "grid.json").write_text("{")
    text = _text(results)
    assert "torn: " in text
    assert "made-up: 1 done" in text


def test_what_another_version_says_of_itself_does_no_harm(results: Path) -> None:
    presence = Presence(results)
    presence.say({"grids": [7, {"name": "made-up", "counts": "many"}], "rate": "fast", "running": {}})
    with presence:
        assert "made-up: 1 done, 1 diverged, 1 failed, 3 waiting of 6 trials" in _text(results)
