"""What a machine answers while a run is on."""

import os
import signal
import subprocess
import time
from pathlib import Path

from tinker.cloud.pod import place, signs
from tinker.cloud.pod.ray_part import born


def test_before_a_run_there_is_nothing_but_the_heartbeat(machine: Path) -> None:
    assert signs.beat() == {"job": "none", "code": None, "log_bytes": 0, "busy_seconds": None, "refused": None}
    assert (machine / "heartbeat").exists()
    assert signs.log(0) == b""
    signs.stop()


def test_a_run_is_on_while_its_process_lives_and_ended_with_its_code(machine: Path) -> None:
    place.RUN_PID.write_text(f"{os.getpid()} {born(os.getpid())}")
    place.LOG.write_text("hello")
    assert (signs.beat()["job"], signs.beat()["log_bytes"]) == ("running", 5)
    assert signs.log(2) == b"llo"
    place.EXIT.write_text("3\n")
    assert signs.job_now() == ("ended", 3)


def test_a_new_run_is_not_taken_for_an_earlier_one(machine: Path) -> None:
    place.RUN_PID.write_text(f"{os.getpid()} {born(os.getpid())}")
    place.EXIT.write_text("0")
    signs.begin()
    assert signs.job_now() == ("none", None)
    assert place.UNFETCHED.exists()


def test_a_run_that_was_killed_has_ended_without_a_code(machine: Path) -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    place.RUN_PID.write_text(f"{child.pid} {born(child.pid)}")
    child.communicate()
    place.BUSY.touch()
    assert signs.job_now() == ("running", None)  # its code may be on the way
    long_ago = time.time() - 2 * signs.LAST_WORDS
    os.utime(place.BUSY, (long_ago, long_ago))
    assert signs.job_now() == ("ended", None)


def test_another_process_with_the_number_of_the_run_is_not_the_run(machine: Path) -> None:
    place.RUN_PID.write_text(f"{os.getpid()} {int(born(os.getpid()) or 0) + 1}")
    assert signs.job_now() == ("ended", None)
    signs.stop()  # or this process would get it


def test_stopping_is_ctrl_c_to_the_run(machine: Path) -> None:
    child = subprocess.Popen(["sleep", "60"])
    place.RUN_PID.write_text(f"{child.pid} {born(child.pid)}")
    signs.stop()
    assert child.wait(timeout=10) == -signal.SIGINT


def test_a_refusal_is_passed_on_and_all_home_lets_the_machine_end(machine: Path) -> None:
    place.REFUSED.write_text("no right\n")
    place.UNFETCHED.touch()
    assert signs.beat()["refused"] == "no right"
    signs.all_home()
    signs.all_home()
    assert not place.UNFETCHED.exists()
