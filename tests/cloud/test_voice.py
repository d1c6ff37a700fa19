"""A terminal that is gone ends nothing."""

import pytest

from tests.cloud.flight import Flight
from tinker.cloud.voice import steady
from tinker.errors import OK


@pytest.mark.parametrize("trouble", [BrokenPipeError(), OSError(5, "EIO"), UnicodeEncodeError("ascii", "x", 0, 1, "")])
def test_what_cannot_be_said_is_not_said(trouble: Exception) -> None:
    def say(line: str) -> None:
        raise trouble

    steady(say)("hello")


def test_a_run_whose_reader_has_gone_comes_home_and_is_given_back(flight: Flight) -> None:
    def say(line: str) -> None:
        raise BrokenPipeError

    voice = steady(say)
    for speaker in (flight.launch, flight.launch.crew, flight.renting, flight.renting.books):
        speaker.say = voice  # type: ignore[attr-defined]
    flight.launch.print_log = voice
    assert flight.run() == OK
    flight.check_over()
