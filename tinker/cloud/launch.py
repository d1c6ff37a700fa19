"""One fleet from the first order to the last deletion: whatever happens in between, everything is given back.

The three ways out are an end (the run's own, a stop, a cap), a failure, and a closed terminal, which alone leaves pods
behind: they go on, and have their deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from tinker.cloud.crew import Crew, Errand
from tinker.cloud.host import Say, Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Lender, Member
from tinker.cloud.signals import Asked, StoppedError
from tinker.cloud.watch import LogTail, Rhythm, Seen, Watch
from tinker.cloud.words import WAYS, farewell
from tinker.errors import FAILED, INTERRUPTED, OK, UserError


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
        self._log: LogTail | None = None
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
        if members and not self.asked.stops:
            self.crew.take_over(members, head_lost=head_lost)  # one that does not answer now may later: it goes on
        self.crew.members = list(members)
        self.ledger.write("attached")
        if members and not self.asked.stops:
            self.say(f"watching {self.lender.fleet}; {WAYS}")

        def work() -> int:
            self.lender.give_back(gone)
            if not members:
                self.ledger.write("ended", code=None)
                raise UserError(
                    f"every pod of {self.lender.fleet} is gone; what had come home is kept, and the same `tinker run` "
                    "goes on from there",
                    exit_code=FAILED,
                )
            account = self.ledger.account
            if self.asked.stops and (not account.submissions or account.ended is not None):
                return INTERRUPTED  # nothing is at work, and nothing is left to be brought home
            if gone and not self.asked.stops:
                self.crew.assemble()
                if head_lost or self.crew.members[0] is not members[0]:
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
        if detach and not self.asked.stops:
            self._leave()
            return OK
        return self._watch()

    def _submit(self, *, anew: bool = True) -> None:
        self.wait(0.0)  # whoever has pressed Ctrl-C until here wants no run any more
        self.crew.begin(anew=anew)
        self.say(f"the run has begun; {WAYS}")

    def _watch(self) -> int:
        while True:
            head = self.crew.members[0].host
            if self._log is None or self._log.host is not head:
                self._log = LogTail(head, self.print_log)
            watch = Watch(
                self.crew.members,
                self.lender,
                self.asked,
                self.say,
                self._log,
                self.keep_account,
                begun=self.crew.has_begun,
                rhythm=self.rhythm,
                wait=self._sleep,
            )
            seen = watch.until_something()
            if seen.why == "left":
                self._leave()
                return OK
            if seen.why in ("ended", "stopped", "cap"):
                return self._end(watch, seen)
            if seen.why == "no run":
                self.say("no such run is known there, though it was written down here: it is begun now")
                self.crew.assemble_anew()  # its Ray may have ended meanwhile, or its disk been emptied
                self._submit(anew=False)  # should it come up after all, it is still one run
            else:
                self._mend(seen)

    def _end(self, watch: Watch, seen: Seen) -> int:
        code = seen.code
        if seen.why != "ended":
            self.say(f"stopping ({seen.words}): trials get {watch.rhythm.grace:.0f} s to save themselves")
            code = watch.wind_up().code
        elif code is None:
            self.say("the run there was killed before it could say how it went; its memory may have been too small")
        home = self._brought_home(watch)
        if not home:
            self.say("the last results could not be fetched; what had come home before is kept")
        self.ledger.write("ended", code=code)
        if seen.why == "stopped":
            return INTERRUPTED
        if seen.why == "cap":
            self.say(f"{seen.words}: everything is given back; what was finished is kept, and the same command goes on")
            return FAILED
        return (FAILED if code is None else code) if home else FAILED

    def _brought_home(self, watch: Watch) -> bool:
        """Whether the last results came. They are paid for: where the way home is broken it is tried for a while."""
        head, began, pressed, told = self.crew.members[0], self.lender.now(), self.asked.stops, False
        while not watch.fetch():
            now = self.lender.now()
            waited = now - began > self.rhythm.home or self.asked.stops > pressed
            if waited or self.lender.caps.over(now) or self.lender.lost([head]):
                return False
            if not told:
                told = True
                self.say(f"the last results are asked for {self.rhythm.home / 60:.0f} min more; Ctrl-C gives them up")
            self._sleep(self.rhythm.beat or self.rhythm.look)
        with suppress(Unreachable):  # it is to go anyway; this is for the case that it cannot be deleted
            head.host.all_home()
        return True

    def _mend(self, seen: Seen) -> None:
        """Replaces machines that died. Where the head did, the run begins anew from what is at home."""
        names = ", ".join(member.name for member in seen.lost)
        head = self.crew.members[0]
        self.crew.drop(seen.lost, f"{names} died")
        self.crew.assemble()
        if self.crew.members[0] is not head:
            self._submit()

    def _leave(self) -> None:
        self.ledger.write("detached")
        for member in self.crew.members:
            member.host.close()
        for line in farewell(self.lender.fleet, self.ledger.account):
            self.say(line)

    def _give_back(self) -> bool:
        """Whether nothing is left. Ctrl-C does not end this: it is what Ctrl-C asks for."""
        self._returning = True
        try:
            self._rescue()
            self.lender.lost([])  # what came of orders that seemed to fail is in the account from then on
        finally:  # whatever happens, this does
            whole = self.lender.give_back(
                [pod.name for pod in self.ledger.account.open] or [m.name for m in self.crew.members]
            )
        usd = self.ledger.account.usd(self.lender.now())
        if whole and self.ledger.account.pods:
            self.say(f"everything is given back; {self.lender.fleet} has cost ${usd:.2f}")
        try:
            if whole and not self.ledger.account.closed:
                self.ledger.write("closed")
            self.keep_account()
        except (UserError, OSError) as error:
            self.say(f"what it has cost cannot be written down: {error}")
        return whole

    def _rescue(self) -> None:
        """What the head of a run has that did not come to its end: an error, or Ctrl-C while the fleet was mended."""
        account, members = self.ledger.account, self.crew.members
        if account.submissions and account.ended is None and members:
            try:
                members[0].host.fetch(self.say)
            except Exception as error:  # the one that brought us here is raised after all is given back
                self.say(f"the last results of {members[0].name} cannot be fetched: {error}")
        for member in members:
            member.host.close()

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
