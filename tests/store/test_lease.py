"""Two drivers of one store share the trials; those of a driver that is gone are taken over."""

from __future__ import annotations

import json
import signal
import time
from itertools import cycle

import pytest

from tinker.store.drivers import Watch, drivers
from tinker.store.layout import Layout
from tinker.store.lease import Leases, holder
from tinker.store.presence import Presence

CLASS = "cpu-x-torch2.13-t1-abcdef"
BEAT, TTL = 0.05, 2.0  # seconds, in place of 5 and 60

#: Takes trials 0 to N - 1 and keeps them, saying which it got and, when told to, whether they are its own still.
KEEP = """
from tinker.store.layout import Layout
from tinker.store.lease import Leases
from tinker.store.presence import Presence
results = Path(sys.argv[1])
folders = [Layout(results).trial(f"{n:016x}", CLASS) for n in range(int(sys.argv[2]))]
with Presence(results, beat=0.05) as presence, Leases(results, presence, ttl=2.0) as leases:
    print(*(leases.take(folder) is None for folder in folders), flush=True)
    for _ in sys.stdin:
        print(*(leases.mine(folder) for folder in folders), flush=True)
"""

#: Hammers the same trials: takes one, adds a line to its file and takes it away again, and gives the trial up. Every
#: trial has first the lease of a driver that is gone.
HAMMER = """
import random
from tinker.store.layout import Layout
from tinker.store.lease import Leases
from tinker.store.presence import Presence
results, random_, won = Path(sys.argv[1]), random.Random(sys.argv[2]), 0
folders = [Layout(results).trial(f"{n:016x}", CLASS) for n in range(40)]
with Presence(results, beat=0.05) as presence, Leases(results, presence, ttl=30.0) as leases:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(15):
        for folder in folders:
            if leases.take(folder) is not None:
                continue
            os.close(os.open(folder.path / "alone", os.O_CREAT | os.O_EXCL))
            won += 1
            os.unlink(folder.path / "alone")
            if random_.random() < 0.7:
                leases.drop(folder)
            else:  # as if this driver had died with it
                gone = folder.lease.read_text().replace(presence.token, "0" * 32)
                staged = folder.path / f"staged-{os.getpid()}"
                staged.write_text(gone)
                staged.replace(folder.lease)
print(won)
"""


@pytest.fixture
def folder(tmp_path):
    return Layout(tmp_path).trial(f"{0:016x}", CLASS)


@pytest.fixture
def other(run, tmp_path):
    """Another driver, which has trial 0."""
    process = run(KEEP, tmp_path, 1)
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


@pytest.fixture
def leases(tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence, Leases(tmp_path, presence, ttl=TTL) as mine:
        yield mine


def taken(leases, folder) -> float:
    """Takes it as soon as it can be had; how long that took, seconds."""
    start = time.monotonic()
    while leases.take(folder) is not None:
        time.sleep(0.02)
    return time.monotonic() - start


def still_refused(leases, folder, other) -> None:
    until = time.monotonic() + 1.25 * TTL
    while time.monotonic() < until:
        assert leases.take(folder).pid == other.pid
        time.sleep(0.05)


def test_a_trial_is_had_by_one_and_is_free_when_given_up(leases, folder, tmp_path):
    assert leases.take(folder) is None
    assert leases.take(folder) is None, "who has it may take it again"
    assert leases.mine(folder)
    with Presence(tmp_path, beat=BEAT) as presence, Leases(tmp_path, presence, ttl=TTL) as second:
        assert second.take(folder) == holder(folder)
        assert second.take(folder).token == leases.presence.token
        second.drop(folder)
        assert leases.mine(folder), "only who has it can give it up"
        leases.drop(folder)
        assert holder(folder) is None
        assert second.take(folder) is None
    assert holder(folder) is None, "a driver that ends gives up what it has"


def test_a_living_driver_keeps_its_trials_for_as_long_as_it_likes(other, leases, folder):
    still_refused(leases, folder, other)


def test_the_trials_of_a_killed_driver_are_free_without_any_wait(other, folder, tmp_path):
    with Presence(tmp_path, beat=BEAT) as presence, Leases(tmp_path, presence, ttl=1e6) as leases:
        assert leases.take(folder).pid == other.pid
        other.kill()  # and nobody has asked how it ended: the process is a zombie
        taken(leases, folder)
        assert leases.mine(folder)
        assert [driver.token for driver in drivers(tmp_path)] == [presence.token], "what it left is removed"


def test_a_stopped_driver_loses_its_trials_and_knows_when_it_comes_back(other, leases, folder):
    other.send_signal(signal.SIGSTOP)
    assert leases.take(folder).pid == other.pid, "not at once: it may only be slow"
    assert taken(leases, folder) >= TTL - 0.1
    other.send_signal(signal.SIGCONT)
    other.stdin.write("mine?\n")
    other.stdin.flush()
    assert other.stdout.readline() == "False\n"
    assert leases.mine(folder)


def test_a_driver_that_ends_cleanly_leaves_nothing(other, leases, folder, tmp_path):
    other.stdin.close()
    assert other.wait() == 0
    assert not folder.lease.exists()
    assert [driver.token for driver in drivers(tmp_path)] == [leases.presence.token]


def test_a_driver_of_another_machine_is_watched_before_it_counts_as_gone(leases, folder, tmp_path):
    elsewhere = json.loads(leases.presence.path.read_bytes()) | {"token": "a" * 32, "machine": "f" * 16, "pid": 1}
    (tmp_path / ".drivers" / f"{'a' * 32}.json").write_text(json.dumps(elsewhere))
    folder.path.mkdir(parents=True)
    folder.lease.write_text(json.dumps({"token": "a" * 32, "pid": 1, "host": "far", "since": "2020"}))
    assert leases.take(folder).host == "far"
    assert taken(leases, folder) >= TTL - 0.1


def test_a_lease_torn_by_a_power_cut_holds_nothing(leases, folder):
    folder.path.mkdir(parents=True)
    folder.lease.write_bytes(b"")
    assert leases.take(folder) is None
    assert holder(folder).token == leases.presence.token


def test_clocks_that_jump_change_nothing(other, leases, folder, monkeypatch):
    assert leases.take(folder).pid == other.pid
    jumps = cycle((-1e9, 1e9))
    monkeypatch.setattr(time, "time", lambda: 2e9 + next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: int(2e18 + 1e9 * next(jumps)))
    still_refused(leases, folder, other)


def test_an_observer_who_was_stopped_with_the_observed_does_not_count_that_time(leases, tmp_path):
    now = 0.0
    watch = Watch(tmp_path, ttl=60.0, clock=lambda: now)
    token = leases.presence.token
    leases.presence.__exit__(None, None, None)
    leases.presence._write()  # one sign of life, and no other
    assert not watch.gone(token)
    now = 1e6
    assert not watch.gone(token), "a machine that slept"
    now += 5
    assert not watch.gone(token)
    now += 26
    assert watch.gone(token)


def test_of_processes_that_hammer_the_same_trials_one_has_each(run, tmp_path):
    for n in range(40):
        folder = Layout(tmp_path).trial(f"{n:016x}", CLASS)
        folder.path.mkdir(parents=True)
        folder.lease.write_text(json.dumps({"token": "0" * 32, "pid": 1, "host": "gone", "since": "2020"}))
    racers = [run(HAMMER, tmp_path, seed) for seed in range(2)]
    assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 2
    won = [racer.communicate("go\n")[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0], "a trial was had by two at once"
    assert all(int(count) > 40 for count in won), "no race: the test has tested nothing"
