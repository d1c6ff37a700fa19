"""While the run goes on: signs of life both ways, its words and results come home, money is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tinker.cloud.host import Host, Say, Signs, Unreachable
from tinker.cloud.lender import Lender, Member
from tinker.cloud.signals import Asked
from tinker.errors import UserError

Why = Literal["ended", "stopped", "cap", "left", "no run", "lost head", "lost pod"]


@dataclass(frozen=True)
class Rhythm:
    """Seconds: between two looks at all, two signs of life, two fetches of results, two looks at the list of pods; how
    long a run that was asked to stop gets to save itself; and how long the last results are asked for."""

    look: float = 1.0
    beat: float = 5.0
    fetch: float = 15.0
    pods: float = 15.0
    grace: float = 120.0
    home: float = 900.0


@dataclass(frozen=True)
class Seen:
    """Why the watch ended: `code` of a run that did, the pods that were `lost`, and words for people."""

    why: Why
    code: int | None = None
    lost: tuple[Member, ...] = ()
    words: str = ""


class Watch:
    """One run on the machines of a fleet. The first member is the head.

    Args:
        begun: whether this process has begun the run, so that a head without one is a head on which it starts. Where
            an earlier one has, it may have died just before.
    """

    def __init__(
        self,
        members: Sequence[Member],
        lender: Lender,
        asked: Asked,
        say: Say,
        log: LogTail,
        keep_account: Callable[[], None],
        *,
        begun: bool = True,
        rhythm: Rhythm | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.begun = begun
        self.members, self.lender, self.caps, self.asked = list(members), lender, lender.caps, asked
        self.say, self.log, self.keep_account, self.wait = say, log, keep_account, wait
        self.rhythm = rhythm or Rhythm()
        self._due: dict[str, float] = {}
        self._mute = False
        self._warned: set[str] = set()
        self._broken: float | None = None
        self._hopeless = False

    @property
    def head(self) -> Host:
        """The machine that the run's driver is on."""
        return self.members[0].host

    def until_something(self) -> Seen:
        """Watches until the run has ended, or a decision is needed."""
        while True:
            if self.asked.stops:
                return Seen("stopped", words="interrupted")
            if self.asked.left:
                return Seen("left")
            now = self.lender.now()
            breach = self.caps.breach(now)
            if breach is not None:
                return Seen("cap", words=breach)
            signs = self._signs()
            if signs is not None and signs.job == "ended":
                return Seen("ended", code=signs.code)
            if signs is not None and signs.job == "none" and not self.begun:
                return Seen("no run")
            if self._hopeless:
                return Seen("lost head", lost=(self.members[0],))
            if self._is_due("pods", self.rhythm.pods):
                self._keep_account()
                lost = self.lender.lost(self.members)
                if lost:
                    return Seen("lost head" if self.members[0] in lost else "lost pod", lost=tuple(lost))
            if self._is_due("fetch", self.rhythm.fetch):
                self.fetch()
            self.wait(self.rhythm.look)

    def wind_up(self) -> Signs:
        """Asks the run to save itself, and waits for it, the cap or a second Ctrl-C, whichever comes first."""
        began, pressed = self.lender.now(), self.asked.stops
        signs = Signs("running")
        while True:
            now = self.lender.now()
            try:
                if self._is_due("stop", self.rhythm.beat):
                    self.head.stop()
                signs = self.head.beat()
                self.log.print_new(signs.log_bytes)
            except UserError:  # whatever it is, the results are asked for after this
                pass
            over = now - began > self.rhythm.grace or self.caps.over(now)
            if signs.job != "running" or over or self.asked.stops > pressed:
                return signs
            self.wait(self.rhythm.look)

    def fetch(self) -> bool:
        """Brings results home; whether that worked."""
        try:
            self.head.push_stops()
            self.head.fetch(self.say)
        except Unreachable as error:
            self._lost_contact(error)
            return False
        except UserError as error:  # a full disk here, say: what is over there must not go for that
            if str(error) not in self._warned:
                self._warned.add(str(error))
                self.say(f"results cannot be brought home, and it is tried again: {error}")
            return False
        return True

    def _keep_account(self) -> None:
        try:
            self.keep_account()
        except (UserError, OSError) as error:
            if str(error) not in self._warned:
                self._warned.add(str(error))
                self.say(f"what it costs cannot be written down for the tables: {error}")

    def _signs(self) -> Signs | None:
        if not self._is_due("beat", self.rhythm.beat):
            return None
        signs: Signs | None = None
        for member in self.members:
            try:
                heard = member.host.beat()
            except UserError as error:
                if member is self.members[0]:
                    self._lost_contact(error)
                    self._count(error)
                continue
            if heard.refused and member.name not in self._warned:
                self._warned.add(member.name)
                self.say(f"note: {member.name} cannot delete itself ({heard.refused}); `tinker cloud reap` can")
            if member is self.members[0]:
                signs, self._broken = heard, None
                if self._mute:
                    self._mute = False
                    self.say("the head answers again")
        if signs is not None:
            try:
                self.log.print_new(signs.log_bytes)
            except UserError as error:
                self._lost_contact(error)
        return signs

    def _count(self, error: UserError) -> None:
        """One that is silent may only be far away; one that answers nonsense for long has lost what it had, as a
        container has that was started anew."""
        now = self.lender.now()
        if isinstance(error, Unreachable):
            self._broken = None
        elif self._broken is None:
            self._broken = now
        elif now - self._broken > self.rhythm.grace:
            self._hopeless = True

    def _lost_contact(self, error: UserError) -> None:
        if not self._mute:
            self._mute = True
            self.say(f"no contact with the head ({error}); the run goes on there, and this keeps trying")

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every
        return True


class LogTail:
    """The run's output, line by line as it comes."""

    def __init__(self, host: Host, print_line: Say) -> None:
        self.host, self.print_line = host, print_line
        self._at, self._rest = 0, b""

    def print_new(self, length: int) -> None:
        """Prints whole lines up to that length.

        Raises:
            Unreachable: the machine does not answer.
        """
        if length <= self._at:
            return
        data = self.host.log(self._at)
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.print_line(line.decode(errors="replace"))
