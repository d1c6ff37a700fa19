"""Pods of one fleet: ordered one by one, waited for, and given back. Every step is in the ledger before it is taken."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence

from tinker.cloud.api.client import Api
from tinker.cloud.api.errors import ApiError, Forbidden, NoCapacity, Unavailable, Unclear
from tinker.cloud.api.wire import OVER, Endpoint, Pod, PodOrder
from tinker.cloud.books import Books, Patience
from tinker.cloud.caps import Caps
from tinker.cloud.host import Host, Say
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Member, Placement
from tinker.errors import UserError

MakeOrder = Callable[[str, Placement, float], PodOrder]
Reach = Callable[[Pod, Endpoint], Host]
#: Seconds between two words on pods that boot.
TELL = 60.0


class Renting:
    """What orders and gives back.

    Args:
        order: what to send for a name, a placement and a deadline.
        reach: the way into a pod that has an SSH endpoint.
        wait: sleeps for so many seconds.
    """

    def __init__(
        self,
        api: Api,
        ledger: Ledger,
        caps: Caps,
        owner: str,
        order: MakeOrder,
        reach: Reach,
        say: Say,
        *,
        patience: Patience | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api, self.ledger, self.caps, self.owner = api, ledger, caps, owner
        self.order, self.reach, self.say = order, reach, say
        self.patience = patience or Patience()
        self.books = Books(api, ledger, say, self.patience, wait)
        self.fleet: str = ledger.account.about["name"]
        self._mute = False

    def now(self) -> float:
        """As `Lender.now`: the service's clock."""
        return self.api.now()

    def rent(self, placements: Sequence[Placement], number: int) -> list[Member]:
        """As `Lender.rent`. All are ordered before any is waited for: while an image is pulled the others' are too."""
        why: ApiError | None = None
        for placement in placements:
            pods: list[Pod] = []
            try:
                for more in reversed(range(number)):
                    pods.append(self._ordered(placement, more))
                    placement = beside(placement, pods[0])
                members = self._booted(pods)
            except (NoCapacity, Forbidden) as error:
                why = error
                self.say(f"no {placement.card} to be had{_where(placement)}: {error.detail}")
                if pods:  # too few of them in one place
                    self.give_back([pod.name for pod in pods])
                continue
            except UserError:
                self.give_back([pod.name for pod in pods])  # a fleet that goes on would not know of them
                raise
            if members:
                return members
        raise why or NoCapacity(
            f"no pod came up on any of {len(placements)} offers; nothing of them is left; try again later, or allow "
            "other cards and data centers (fleet.cards, fleet.data_centers)",
        )

    def _ordered(self, placement: Placement, more: int) -> Pod:
        for _ in range(3):  # 5xx on a create is worth the same candidate again, once it is clear that no pod came of it
            now = self.api.now()
            deadline = self.caps.deadline(placement.usd_per_hour, now, more=more)
            name = self._name()
            self.ledger.write(
                "intent",
                name=name,
                card=placement.card,
                usd_per_hour=placement.usd_per_hour,
                since=now,
                deadline=deadline,
            )
            try:
                pod = self.api.create_pod(self.order(name, placement, deadline))
            except Unclear as error:
                found = self.books.looked_up(name)
                if found is None:
                    self.ledger.write("refused", name=name, why=str(error))
                    self.say(f"RunPod failed to answer an order, and no pod came of it: {error}; trying again")
                    continue
                pod = found
            except UserError as error:
                self.ledger.write("refused", name=name, why=str(error))
                raise
            self.books.created(pod)
            if pod.usd_per_hour > 1.01 * placement.usd_per_hour:  # its deadline would not keep it below the cap
                self.say(
                    f"{pod.name} costs ${pod.usd_per_hour:.2f} an hour, not the ${placement.usd_per_hour:.2f} offered"
                )
                self.give_back([name])
                raise NoCapacity(f"{placement.card}: dearer than offered", detail="its price has risen meanwhile")
            return pod
        raise NoCapacity(f"{placement.card}: three orders in a row came to nothing", detail="RunPod failed to answer")

    def _name(self) -> str:
        for number in itertools.count(1):
            name = f"{self.fleet}-{number}"
            if name not in self.ledger.account.pods:
                return name
        raise AssertionError

    def _booted(self, pods: Sequence[Pod]) -> list[Member]:
        """Those that answer, once each of them does or is given back because it does not."""
        began, left, members = self.api.now(), {pod.id: pod for pod in pods}, dict[str, Member]()
        told = 0.0
        while left:
            try:
                listed = {each.id: each for each in self.api.pods()}
            except Unavailable as error:
                if self.api.now() - began > self.patience.boot:
                    raise
                self.say(f"RunPod does not answer ({error}); asking again")
                self.books.wait(self.patience.poll)
                continue
            age = self.api.now() - began
            for pod in list(left.values()):
                here = listed.get(pod.id)
                member = self._knock(here) if here is not None and here.status not in OVER else None
                if member is not None:
                    self.ledger.write("ready", name=pod.name)
                    self.say(f"{pod.name} answers after {age:.0f} s")
                    members[pod.id] = member
                elif (here is None and age > self.patience.appear) or (here is not None and here.status in OVER):
                    self.say(f"{pod.name} ended while it booted ({here.status if here else 'gone'})")
                elif age > self.patience.boot:
                    self.say(f"{pod.name} did not come up within {self.patience.boot / 60:.0f} minutes")
                else:
                    continue
                del left[pod.id]
                if member is None:
                    self.give_back([pod.name])
            if left and age - told >= TELL:
                told = age
                states = ", ".join(f"{pod.name} {_state(listed.get(pod.id))}" for pod in left.values())
                usd = self.ledger.account.usd(self.api.now())
                self.say(f"booting for {age / 60:.0f} min ({states}); ${usd:.2f} so far")
            if left:
                self.books.wait(min(self.patience.poll, 1.0 + age / 4))
        return [members[pod.id] for pod in pods if pod.id in members]

    def _knock(self, pod: Pod) -> Member | None:
        """The pod as a member, if it answers."""
        if not pod.started or pod.ssh is None:
            return None
        host = self.reach(pod, pod.ssh)
        try:
            host.facts()
        except UserError:  # not yet; a Python that is only being installed fails otherwise
            host.close()
            return None
        return member_of(pod, host, self.ledger.account.pods[pod.name].usd_per_hour, self.fleet)

    def give_back(self, names: Sequence[str]) -> bool:
        """As `Lender.give_back`."""
        return self.books.give_back(names)

    def use(self, wait: Callable[[float], None]) -> None:
        """Waits by that from now on."""
        self.books.wait = wait

    def addresses(self) -> dict[str, str]:
        """As `Lender.addresses`: those of the private network, which may come minutes after the pod."""
        try:
            return {pod.name: pod.address for pod in self.api.pods() if pod.address}
        except Unavailable as error:
            self.say(f"RunPod does not answer ({error}); asking again")
            return {}

    def lost(self, members: Sequence[Member]) -> list[Member]:
        """As `Lender.lost`. Pods of this fleet that it does not know of are deleted on the way: late fruits of orders
        that seemed to fail."""
        try:
            listed = self.api.pods()
            status = {pod.id: pod.status for pod in listed}
            over = [member for member in members if (status.get(member.pod_id or "") or self._status(member)) in OVER]
        except ApiError as error:
            if not self._mute:
                self.say(f"RunPod does not answer ({error}); the run goes on, and this keeps asking")
            self._mute = True
            return []
        self._mute = False
        strays = self.books.strays(listed, self.owner)
        if strays:
            self.give_back(strays)
        return over

    def _status(self, member: Member) -> str:
        """Of one that no list shows: a page may lack a pod that moved to another one meanwhile."""
        pod = self.api.pod(member.pod_id or "")
        return "TERMINATED" if pod is None else pod.status


def _state(pod: Pod | None) -> str:
    """Of a pod that boots, in words: RUNNING is said while its image is still on the way."""
    if pod is None:
        return "is not listed yet"
    return "does not answer yet" if pod.started else f"has no container yet ({pod.status})"


def _where(placement: Placement) -> str:
    return f" in {', '.join(placement.data_centers)}" if placement.data_centers else ""


def member_of(pod: Pod, host: Host, usd_per_hour: float, fleet: str) -> Member:
    """A pod of that fleet that answers, as a member of its crew."""
    rented: dict[str, object] = {
        "fleet": fleet,
        "pod": pod.name,
        "card": pod.card,
        "cloud": pod.cloud,
        "data_center": pod.data_center,
        "image": pod.image,
        "usd_per_hour": usd_per_hour,
        "gpus": pod.count,
    }
    return Member(pod.name, host, pod.count, pod.card, pod.data_center, pod.id, rented)


def beside(placement: Placement, first: Pod) -> Placement:
    """Where the others of a fleet belong: machines of one kind in one place."""
    places = (first.data_center,) if first.data_center else placement.data_centers
    return Placement(placement.card, placement.usd_per_hour, places)
