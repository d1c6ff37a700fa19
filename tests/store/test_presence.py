"""A driver shows that it lives, and what it has to say; what a dead one leaves is removed."""

from __future__ import annotations

import json
import os
import time

import pytest

from tinker.errors import UserError
from tinker.store import presence as presence_module
from tinker.store.drivers import Watch, drivers, sweep
from tinker.store.presence import Presence

BEAT = 0.02  # seconds
DEAD = 2**22 + 1  # above the kernel's highest pid

LIVE = """
from tinker.store.presence import Presence
with Presence(Path(sys.argv[1]), beat=0.02):
    print("there", flush=True)
    sys.stdin.readline()
"""


def beats_on(results, count=3) -> bool:
    """Waits until the only driver has beaten so often again."""
    (first,) = drivers(results)
    while True:
        (now,) = drivers(results)
        if now.beat >= first.beat + count:
            return True
        time.sleep(BEAT)


def test_a_driver_is_seen_while_it_lives_and_leaves_nothing(tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence:
        (seen,) = drivers(tmp_path)
        assert (seen.token, seen.pid, seen.here, seen.dead) == (presence.token, os.getpid(), True, False)
        assert str(presence.holder) == f"process {seen.pid} on {seen.host}, since {seen.started}"
        assert beats_on(tmp_path)
        presence.stop_file.touch()
        presence.stop_file.with_suffix(".0.stop").touch()
    assert [path.name for path in (tmp_path / ".drivers").iterdir()] == []


def test_what_a_driver_says_is_heard_at_its_next_beat(tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence:
        said = {"grids": ["g"], "rate": float("inf")}
        presence.say(said)
        said["grids"] = "changed later"
        assert beats_on(tmp_path)
        assert drivers(tmp_path)[0].said == {"grids": ["g"], "rate": float("inf")}
        with pytest.raises(TypeError):
            presence.say({"grids": object()})
        assert beats_on(tmp_path)


def test_a_stop_file_asks_this_driver_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(presence_module, "ASK_EVERY", 0.0)
    with Presence(tmp_path) as first, Presence(tmp_path) as second:
        first.stop_file.touch()
        assert (first.asked_to_stop(), second.asked_to_stop()) == (True, False)
        assert first.stop_file.is_absolute()


def test_a_disk_that_takes_no_file_does_not_end_the_driver_nor_its_life(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise UserError("no space left")

    watch = Watch(tmp_path, ttl=0.5)
    with Presence(tmp_path, beat=BEAT) as presence:
        monkeypatch.setattr(presence_module, "write_bytes", full)
        time.sleep(2 * BEAT)
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            assert not watch.gone(presence.token)
            time.sleep(BEAT)


def test_a_folder_that_cannot_be_written_is_said_at_the_start(tmp_path):
    (tmp_path / "results").write_text("a file")
    with pytest.raises(UserError, match="a file lies where a folder is needed"), Presence(tmp_path / "results"):
        pass


def test_what_a_killed_driver_left_goes_with_the_next_one(tmp_path, run):
    other = run(LIVE, tmp_path)
    assert other.stdout.readline() == "there\n"
    (left,) = drivers(tmp_path)
    (tmp_path / ".drivers" / f"{left.token}.stop").touch()
    assert sweep(tmp_path) == []
    other.kill()
    other.wait()
    assert drivers(tmp_path)[0].dead
    with Presence(tmp_path) as mine:
        assert [path.name for path in (tmp_path / ".drivers").iterdir()] == [mine.path.name]
    other.stdin.close()
    other.stdout.close()


def test_a_process_number_that_is_used_again_is_another_process(tmp_path):
    with Presence(tmp_path) as presence:
        about = json.loads(presence.path.read_bytes())
        token = "b" * 32
        path = tmp_path / ".drivers" / f"{token}.json"
        path.write_text(json.dumps(about | {"token": token, "born": "1"}))
        assert [driver.token for driver in drivers(tmp_path) if driver.dead] == [token]
        assert Watch(tmp_path).gone(token)
        assert not path.exists()
        path.write_text(json.dumps(about | {"token": token, "pid": DEAD}))
        assert Watch(tmp_path).gone(token)


def test_a_torn_file_is_no_driver_until_it_is_whole_again(tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence:
        presence.path.write_bytes(b"{")
        assert not Watch(tmp_path).gone(presence.token), "only silence tells"
        while not drivers(tmp_path):
            time.sleep(BEAT)


def test_watching_until_all_is_known_ends_with_a_sign_of_life(tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence:
        token = "c" * 32
        about = json.loads(presence.path.read_bytes()) | {"token": token, "machine": "elsewhere"}
        (tmp_path / ".drivers" / f"{token}.json").write_text(json.dumps(about))
        assert Watch(tmp_path, ttl=1.0).settle([presence.token, token, "d" * 32]) == {token, "d" * 32}
