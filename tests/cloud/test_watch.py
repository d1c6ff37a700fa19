"""What a run says comes home once, line by line; what its machines do not answer is borne."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cloud.flight import Flight, Machine
from tests.cloud.light import TRIALS, LightHost
from tinker.cloud.host import Signs, Unreachable
from tinker.cloud.watch import LogTail
from tinker.errors import OK


class Telling(LightHost):
    """A machine whose run has said something."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "pod", folder)
        self.text = b""
        self.asked: list[int] = []

    def log(self, start: int) -> bytes:
        self.asked.append(start)
        return self.text[start:]


def test_a_line_is_printed_when_it_is_whole_however_it_comes(tmp_path: Path) -> None:
    host, printed = Telling(tmp_path), list[str]()
    tail = LogTail(host, printed.append)
    for part in (b"first\nsec", b"ond \xc3", b"\xa4\n", b"\n", b"third"):
        host.text += part
        tail.print_new(len(host.text))
    assert printed == ["first", "second \u00e4", ""]
    assert host.asked == [0, 9, 14, 16, 17]


def test_what_is_known_is_not_asked_for_again(tmp_path: Path) -> None:
    host, printed = Telling(tmp_path), list[str]()
    tail = LogTail(host, printed.append)
    host.text = b"one\n"
    for _ in range(3):
        tail.print_new(4)
    assert host.asked == [0]
    assert printed == ["one"]


def test_letters_that_are_none_do_not_end_the_watch(tmp_path: Path) -> None:
    host, printed = Telling(tmp_path), list[str]()
    host.text = b"\xff\xfe bad\n"
    LogTail(host, printed.append).print_new(len(host.text))
    assert printed == ["\ufffd\ufffd bad"]


def test_every_line_is_printed_once_though_the_way_there_breaks(
    flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sign of life of the run says a line and a half."""
    beat, text, asked = Machine.beat, bytearray(), list[int]()

    def says(machine: Machine) -> Signs:
        signs = beat(machine)
        text.extend(b"one line\nand ")
        return Signs(signs.job, signs.code, len(text))

    def log(machine: Machine, start: int) -> bytes:
        asked.append(start)
        if len(asked) == 2:
            raise Unreachable("broken pipe")
        return bytes(text[start:])

    monkeypatch.setattr(Machine, "beat", says)
    monkeypatch.setattr(Machine, "log", log)
    assert flight.run() == OK
    assert flight.printed == ["one line", *["and one line"] * 3]
    assert flight.words().count("no contact with the head (broken pipe)") == 1
    flight.check_over()


def test_a_worker_that_is_out_of_reach_is_borne_as_long_as_its_pod_lives(pair: Flight) -> None:
    def deaf(machine: Machine) -> None:
        if machine.pod == pair.name(2):
            raise Unreachable("no route")

    pair.on["beat"] = [deaf]
    assert pair.run() == OK
    assert len(pair.fake.pods) == 2
    assert "no contact" not in pair.words()
    pair.check_over()


def test_results_come_home_while_the_run_goes_on(tmp_path: Path) -> None:
    with Flight(tmp_path, beats=4) as flight:
        seen: list[int] = []
        flight.on["beat"] = [lambda machine: seen.append(len(flight.trials()))]
        assert flight.run() == OK
        assert set(range(len(TRIALS))) <= set(seen)
