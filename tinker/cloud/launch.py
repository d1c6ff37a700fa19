"""One fleet from the first order to the last deletion: whatever happens in between, everything is given back.

The three ways out are an end (the run's own, a stop, a cap), a failure, and a closed terminal, which alone leaves pods
behind: they go on, and have their deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tinker.cloud.crew import Crew, Errand
from tinker.cloud.host import Command, Say
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Lender, Member
from tinker.cloud.signals import Asked, StoppedError
from tinker.cloud.watch import Rhythm, Seen, Watch
from tinker.errors import FAILED, INTERRUPTED, OK


class Launch:
    """The life of one fleet, seen from home.

    Args:
        token: Ray's.
        print_log: takes the lines of the run.
        keep_account: writes down what the fleet has cost so far, for the tables.
    """

    def __init__(
        self,
        lender: Lender,
        ledger: Ledger,
        errand: Errand,
        token: str,
        say: Say,
        print_log: Say,
        *,
        keep_account: Callable[[], None],
        rhythm: Rhythm | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.lender, self.ledger, self.errand = lender, ledger, errand
        self.say, self.print_log, self.rhythm = say, print_log, rhythm or Rhythm()
        self.keep_account = keep_account
        self.asked = Asked()
        self._sleep = wait
        self._returning = False
        self.crew = Crew(lender, ledger, errand, token, self.wait, say)

    def run(self, *, detach: bool = False) -> int:
        """Rents, runs, brings home, gives back. With `detach` it leaves once the run has begun.

        Returns:
            The exit code of the run, or FAILED or INTERRUPTED.

        Raises:
            UserError: nothing could be rented, or what was rented did not come to work. Everything is given back.
        """
        return self._with_everything_given_back(lambda: self._from_the_start(detach))

    def go_on(self, members: Sequence[Member], gone: Sequence[str], *, head_lost: bool) -> int:
        """As `run`, for a fleet that is at work: its members, the head first, and the names of those that are gone."""
        self.crew.members = list(members)
        self.ledger.write("attached")

        def work() -> int:
            self.lender.give_back(gone)
            if gone and not self.asked.stops:
                self.crew.take_over(members, head_lost=head_lost)
                self.crew.assemble()
                if head_lost:
                    self._submit()
            return self._watch()

        return self._with_everything_given_back(work)

    def _with_everything_given_back(self, work: Callable[[], int]) -> int:
        stays = False
        with self.asked.heard():
            try:
                code = work()
                stays = self.ledger.account.detached
            except StoppedError:
                code = INTERRUPTED
            finally:
                if not stays:
                    whole = self._give_back()
        if stays:
            return OK
        return code if whole else FAILED

    def _from_the_start(self, detach: bool) -> int:
        self.crew.assemble()
        self._submit()
        if detach:
            self._leave()
            return OK
        return self._watch()

    def _submit(self) -> None:
        number = self.ledger.account.submissions + 1
        self.ledger.write("submitted", number=number)
        self.crew.members[0].host.submit(Command(self.errand.words, f"{self.lender.fleet}-run-{number}"))
        self.say("the run has begun; Ctrl-C stops it, brings its results home and gives everything back")

    def _watch(self) -> int:
        while True:
            watch = Watch(
                self.crew.members,
                self.lender,
                self.asked,
                self.say,
                self.print_log,
                self.keep_account,
                rhythm=self.rhythm,
                wait=self._sleep,
            )
            seen = watch.until_something()
            if seen.why == "left":
                self._leave()
                return OK
            if seen.why in ("ended", "stopped", "cap"):
                return self._end(watch, seen)
            self._mend(seen)

    def _end(self, watch: Watch, seen: Seen) -> int:
        code = seen.code
        if seen.why != "ended":
            self.say(f"stopping ({seen.words}): trials get {watch.rhythm.grace:.0f} s to save themselves")
            if self.crew.members:
                code = watch.wind_up().code
        home = bool(self.crew.members) and any(watch.fetch() or self._sleep(2.0) for _ in range(3))
        if home:
            self.crew.members[0].host.all_home()
        else:
            self.say("the last results could not be fetched; what had come home before is kept")
        self.ledger.write("ended", code=code)
        if seen.why == "stopped":
            return INTERRUPTED
        if seen.why == "cap":
            self.say(f"{seen.words}: everything is given back; what was finished is kept, and the same command goes on")
            return FAILED
        return (FAILED if code is None else code) if home else FAILED

    def _mend(self, seen: Seen) -> None:
        """Replaces machines that died. Where the head did, the run begins anew from what is at home."""
        names = ", ".join(member.name for member in seen.lost)
        self.crew.drop(seen.lost, f"{names} died")
        if seen.why == "lost head":
            self.crew.ready = {}  # the next head needs the results that are at home
        self.crew.assemble()
        if seen.why == "lost head":
            self._submit()

    def _leave(self) -> None:
        self.ledger.write("detached")
        for member in self.crew.members:
            member.host.close()

    def _give_back(self) -> bool:
        """Whether nothing is left. Ctrl-C does not end this: it is what Ctrl-C asks for."""
        for member in self.crew.members:
            member.host.close()
        self._returning = True
        whole = self.lender.give_back(
            [pod.name for pod in self.ledger.account.open] or [m.name for m in self.crew.members]
        )
        if whole and not self.ledger.account.closed:
            self.ledger.write("closed")
        self.keep_account()
        usd = self.ledger.account.usd(self.lender.now())
        if whole and self.ledger.account.pods:
            self.say(f"everything is given back; {self.lender.fleet} has cost ${usd:.2f}")
        return whole

    def wait(self, seconds: float) -> None:
        """Between two looks before the run, where Ctrl-C ends it all; not while everything is given back."""
        while seconds > 0 and not self._stopped:
            self._sleep(min(0.5, seconds))
            seconds -= 0.5
        if self._stopped:
            raise StoppedError

    @property
    def _stopped(self) -> bool:
        return self.asked.stops > 0 and not self._returning
