"""From pods that answer to one Ray cluster that runs the code of home, each step checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tinker.cloud.host import Facts, Node, Say, Unreachable
from tinker.cloud.lender import Lender, Member
from tinker.errors import FAILED, UserError

#: What a machine must have free: the environment takes about 8 GB, and Ray's object store lives in shared memory.
LEAST_DISK, LEAST_SHM = 12.0, 0.2
#: Seconds until a pod's private address must be known.
ADDRESS = 180.0
#: Tried between machines before Ray comes.
PROBE_PORT = 46123
ALONE = "127.0.0.1"

#: Name of the threads that make machines ready.
THREADS = "machine"


class UnfitError(UserError):
    """A machine that cannot do the work: `member` is to be given back."""

    def __init__(self, member: Member, problem: str) -> None:
        super().__init__(f"{member.name}: {problem}", exit_code=FAILED)
        self.member = member


@dataclass(frozen=True)
class Freight:
    """What a machine gets. `bundle` makes it anew with the results that home has by then.

    Attributes:
        fingerprint: of the code in it.
        lock: see `Host.install`.
    """

    bundle: Callable[[], bytes]
    fingerprint: str
    lock: str


def prepare(
    members: Sequence[Member], freight: Freight, min_cuda: str | None, wait: Callable[[float], None], say: Say
) -> dict[str, Facts]:
    """Brings code and environment to machines, side by side; what each has, by pod name.

    Whatever `wait` raises meanwhile breaks it off.

    Raises:
        UnfitError: one of them cannot do the work.
        Unreachable: one of them does not answer any more.
    """
    data = freight.bundle()
    say(f"sending {len(data) / 1e6:.1f} MB of code, data and results to {len(members)} pod{'s'[: len(members) > 1]}")

    def one(member: Member) -> Facts:
        facts = member.host.facts()
        problem = _unfit(member, facts, min_cuda)
        if problem is not None:
            raise UnfitError(member, problem)
        if facts.can_delete is False:
            say(
                f"note: RunPod refuses {member.name} the right to delete itself; if this computer is lost for good, "
                "`tinker cloud reap` has to do it"
            )
        member.host.unpack(data)
        if member.rented is not None:
            member.host.mark(member.rented)
        there = member.host.fingerprint()
        if there != freight.fingerprint:
            raise UnfitError(member, f"its code is not that of home: {there} for {freight.fingerprint}")
        try:
            member.host.install(freight.lock, lambda line: say(f"{member.name}: {line}"))
        except Unreachable:
            raise
        except UserError as error:
            raise UnfitError(member, f"the environment cannot be installed: {error}") from None
        return facts

    with ThreadPoolExecutor(min(8, len(members)), THREADS) as threads:
        parts = [threads.submit(one, member) for member in members]
        try:
            while not all(part.done() for part in parts):
                wait(0.5)
        except BaseException:
            for member in members:
                member.host.close()  # ends what they wait for
            raise
        return {member.name: part.result() for member, part in zip(members, parts, strict=True)}


def _unfit(member: Member, facts: Facts, min_cuda: str | None) -> str | None:
    if member.cards is not None and len(facts.cards) != member.cards:
        return f"{member.cards} cards were ordered, and nvidia-smi shows {len(facts.cards)}"
    if min_cuda is not None and (facts.cuda is None or _version(facts.cuda) < _version(min_cuda)):
        return f"its driver {facts.driver or '(none)'} is for CUDA {facts.cuda or '(none)'}, older than {min_cuda}"
    if facts.disk_gb < LEAST_DISK:
        return f"{facts.disk_gb:.1f} GB of disk are free, and {LEAST_DISK:g} are needed; raise fleet.disk"
    if facts.shm_gb < LEAST_SHM:
        return f"/dev/shm has {facts.shm_gb:.2f} GB, and {LEAST_SHM:g} are needed"
    return None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def connect(
    members: Sequence[Member],
    facts: dict[str, Facts],
    lender: Lender,
    token: str,
    wait: Callable[[float], None],
    say: Say,
) -> None:
    """Makes one Ray cluster of the machines; the first one is its head, and runs trials too.

    Raises:
        UnfitError: one cannot be reached by the others, or Ray does not start there.
    """
    addresses = _addresses(members, lender, wait)
    if len(members) > 1:
        _try_ways(members, addresses)
    head: str | None = None
    for member in members:
        has = facts[member.name]
        node = Node(addresses[member.name], has.cpus, len(has.cards), head)
        try:
            at = member.host.start_ray(node, token)
        except Unreachable:
            raise
        except UserError as error:
            raise UnfitError(member, str(error)) from None
        head = head or at
    cards = sum(len(facts[member.name].cards) for member in members)
    say(f"Ray is up: {len(members)} machine{'s'[: len(members) > 1]}, {cards} cards")


def _addresses(members: Sequence[Member], lender: Lender, wait: Callable[[float], None]) -> dict[str, str]:
    """By name. A private network may come minutes after the pod."""
    if len(members) == 1:
        return {members[0].name: ALONE}
    began = lender.now()
    while True:
        known = lender.addresses()
        lacking = [member for member in members if member.name not in known]
        if not lacking:
            return {member.name: known[member.name] for member in members}
        if lender.now() - began > ADDRESS:
            raise UnfitError(lacking[0], "it got no address in the private network")
        wait(5.0)


def _try_ways(members: Sequence[Member], addresses: dict[str, str]) -> None:
    """Each machine to each other one. Some come up with a dead network: the one with the most failures is unfit, those
    with machines that were replaced since included, for of two nobody can tell whose fault it is."""
    failed = False
    for to in members:
        to.host.listen(addresses[to.name], PROBE_PORT)
        for other in members:
            if other is not to and not other.host.can_reach(addresses[to.name], PROBE_PORT):
                to.unreached += 1
                other.unreached += 1
                failed = True
    if failed:
        worst = max(reversed(members), key=lambda member: member.unreached)
        raise UnfitError(worst, "it and the other pods do not reach each other over the private network")
