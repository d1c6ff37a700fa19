"""The machines of one fleet at work: filled up, made ready, mended. The first one is the head of its Ray cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinker.cloud.api.errors import ApiError, NoCapacity
from tinker.cloud.caps import CapReachedError
from tinker.cloud.cluster import Freight, UnfitError, connect, prepare
from tinker.cloud.host import Command, Facts, Host, Say, Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Lender, Member, Placement
from tinker.errors import FAILED, UserError

#: So often a fleet is mended: a pod that died is replaced, one that is unfit given back.
MENDINGS = 5
#: Seconds between two looks at a market that has nothing.
PAUSE = 60.0


@dataclass(frozen=True)
class Errand:
    """What the fleet is for.

    Attributes:
        words: arguments of `tinker` for the run there.
        pods: how many machines.
        min_cuda: see `Fleet`; None where the cards are not asked.
        placements: where to order, best first, as the market is now.
        freight: what the machines get.
        patient: whether to wait where nothing can be had.
    """

    words: tuple[str, ...]
    pods: int
    min_cuda: str | None
    placements: Callable[[], Sequence[Placement]]
    freight: Freight
    patient: bool = False


class Crew:
    """
    Attributes:
        members: the machines that answer, the head first.
        ready: what those have that were made ready; on them a run may be at work with what they got.
    """

    def __init__(
        self, lender: Lender, ledger: Ledger, errand: Errand, token: str, wait: Callable[[float], None], say: Say
    ) -> None:
        self.lender, self.ledger, self.errand, self.token = lender, ledger, errand, token
        self.wait, self.say = wait, say
        self.members: list[Member] = []
        self.ready: dict[str, Facts] = {}
        self._begun_on: Host | None = None
        self.wanted = errand.pods
        self._mended = 0

    def assemble(self) -> None:
        """Until there are as many machines as are wanted, fit and connected.

        Raises:
            UserError: there are none, or they do not come to work.
        """
        while True:
            while len(self.members) < self.wanted:
                self._rent(self.wanted - len(self.members))
            new = [member for member in self.members if member.name not in self.ready]
            try:
                if new:
                    self.ready |= prepare(new, self.errand.freight, self.errand.min_cuda, self.wait, self.say)
                connect(self.members, self.ready, self.lender, self.token, self.wait, self.say)
                return
            except UnfitError as error:
                self.drop([error.member], str(error))
            except Unreachable as error:
                self.drop([m for m in self.members if not self.answers(m)], f"no answer any more: {error}")

    def assemble_anew(self) -> None:
        """As `assemble`, where nobody knows what the machines have any more: all is sent again."""
        self.ready = {}
        self.assemble()

    def begin(self, *, anew: bool) -> None:
        """Begins a run on the head, or without `anew` the last one, should it not be there: it is still one run.

        Raises:
            UserError: as `assemble`, where heads do not answer and are replaced.
        """
        number = self.ledger.account.submissions + anew
        self.ledger.write("submitted", number=number)
        failures = 0
        while True:
            head = self.members[0]
            try:
                head.host.submit(Command(self.errand.words, f"{self.lender.fleet}-run-{number}"))
                break
            except Unreachable as error:
                failures += 1
                if failures % 3 and self.answers(head):
                    continue  # asked for twice it is begun once
                self.drop([head], f"the run could not be begun: {error}")
                self.assemble()
        self._begun_on = head.host

    @property
    def has_begun(self) -> bool:
        """Whether this process has begun a run on the head."""
        return self._begun_on is self.members[0].host

    def drop(self, members: Sequence[Member], why: str) -> None:
        """Gives machines back that are of no use.

        Raises:
            UserError: that has happened too often, or the fleet is whole, and nobody knows what is wrong.
        """
        self._mended += 1
        self.say(f"{why}; {', '.join(m.name for m in members) or 'nothing'} is given back")
        if self._mended > MENDINGS or not members:
            raise UserError(f"the fleet did not come to work: {why}; nothing of it is left", exit_code=FAILED)
        for member in members:
            self.ledger.write("lost", name=member.name, why=why)
            member.host.close()
        if self.members and self.members[0] in members:
            self.ready = {}  # the next head needs the results that are at home
        self.members = [member for member in self.members if member not in members]
        self.lender.give_back([member.name for member in members])

    def take_over(self, members: Sequence[Member], *, head_lost: bool) -> None:
        """Machines that an earlier launcher has made ready; without their head they begin anew."""
        self.members = list(members)
        self.ready = {} if head_lost else {member.name: member.host.facts() for member in members}

    def _rent(self, number: int) -> None:
        """More machines. A fleet that has some goes on without the others; a strict one without any waits."""
        said = False
        while True:
            try:
                self.members += self.lender.rent(self._placements(), number)
                return
            except (ApiError, CapReachedError) as error:
                if self.members:
                    self.say(f"{error}; going on with {len(self.members)}")
                    self.wanted = len(self.members)
                    return
                if not self.errand.patient or not isinstance(error, NoCapacity):
                    raise
                if not said:
                    self.say("waiting until the card can be had (fleet.strict_card); nothing is rented meanwhile")
                    said = True
                self.wait(PAUSE)

    def _placements(self) -> Sequence[Placement]:
        """Later machines are of the first one's kind, beside it: another card is another experiment."""
        if not self.members:
            return self.errand.placements()
        first = self.members[0]
        places = (first.place,) if first.place else ()
        return [Placement(first.kind, self.ledger.account.pods[first.name].usd_per_hour, places)]

    def answers(self, member: Member) -> bool:
        """Whether a machine does, within a few seconds."""
        for _ in range(3):
            try:
                member.host.facts()
                return True
            except Unreachable:
                self.wait(2.0)
        return False
