"""Which pods there are, by the service and by the ledger: orders whose answer was lost, and pods that are to go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import Pod
from tinker.cloud.costs import settle_bills
from tinker.cloud.host import Say
from tinker.cloud.ledger import Kind, Ledger, Rented
from tinker.cloud.owned import owned
from tinker.cloud.signals import StoppedError
from tinker.errors import UserError

CONSOLE = "https://console.runpod.io/pods"


@dataclass(frozen=True)
class Patience:
    """Seconds: how long a pod may boot, between two looks at the list, and until a new pod shows in it; and how often
    a deletion is tried."""

    boot: float = 1500.0
    poll: float = 10.0
    appear: float = 60.0
    deletions: int = 20


class Books:
    """The ledger of a fleet, kept in step with the service. `wait` sleeps for so many seconds."""

    def __init__(self, api: Api, ledger: Ledger, say: Say, patience: Patience, wait: Callable[[float], None]) -> None:
        self.api, self.ledger, self.say, self.patience, self.wait = api, ledger, say, patience, wait

    def looked_up(self, name: str) -> Pod | None:
        """The pod of an order whose answer was lost. A list shows a new pod late."""
        began = self.api.now()
        while True:
            for pod in self.api.pods():
                if pod.name == name:
                    return pod
            if self.api.now() - began >= self.patience.appear:
                return None
            self.wait(min(self.patience.poll, 5.0))

    def created(self, pod: Pod) -> None:
        self._note("created", name=pod.name, **self._facts(pod.name, pod))
        self.say(
            f"rented {pod.name}: {pod.count} x {pod.card}{f' in {pod.data_center}' if pod.data_center else ''} at "
            f"${pod.usd_per_hour:.2f} an hour; waiting for it to boot (its image may take many minutes, which are paid)"
        )

    def _facts(self, name: str, pod: Pod) -> dict[str, Any]:
        return {
            "pod_id": pod.id,
            "usd_per_hour": pod.usd_per_hour or self.ledger.account.pods[name].usd_per_hour,
            "since": pod.created,
            "data_center": pod.data_center,
            "image": pod.image,
        }

    def strays(self, listed: Sequence[Pod], owner: str) -> list[str]:
        """Pods of this fleet that are not in the account, since their orders seemed to fail. From here on they are, by
        the names that are returned."""
        entries, found = self.ledger.account.pods, []
        known = {entry.pod_id for entry in self.ledger.account.open}
        for each in owned(listed, owner):
            pod = each.pod
            if each.fleet != self.ledger.account.about["name"] or pod.id in known:
                continue
            self.say(f"{pod.name} is there though its order seemed to fail; deleting it")
            taken = pod.name in entries and entries[pod.name].pod_id not in (None, pod.id)
            name = f"{pod.name}-{pod.id}" if taken else pod.name
            if name not in entries:
                deadline, price = each.deadline or pod.created, pod.usd_per_hour
                self._note("intent", name=name, card=pod.card, usd_per_hour=price, since=pod.created, deadline=deadline)
            self._note("created", name=name, **self._facts(name, pod))
            found.append(name)
        return found

    def give_back(self, names: Sequence[str]) -> bool:
        """Deletes pods and makes sure that they are gone; says loudly where one is not. Whether all are."""
        left = [pod for name in names if (pod := self.ledger.account.pods[name]).open]
        for attempt in range(self.patience.deletions):
            if attempt and left:
                self.wait(min(self.patience.poll, 2.0**attempt))
            left = [pod for pod in left if not self._gone(pod)]
        try:
            settle_bills(self.api, self.ledger)
        except UserError as error:
            self.say(str(error))
        for pod in left:
            self.say(
                f"WARNING: {pod.name} ({pod.pod_id or 'whose order was not answered'}) could not be deleted and may go "
                f"on costing ${pod.usd_per_hour:.2f} an hour: run `tinker cloud reap`, or delete it at {CONSOLE}"
            )
        return not left

    def _gone(self, pod: Rented) -> bool:
        try:
            if pod.pod_id is None:  # the launcher died before it knew what became of its order
                found = self.looked_up(pod.name)
                if found is None:
                    self._note("refused", name=pod.name, why="no pod of that name")
                    return True
                self.created(found)
            assert pod.pod_id is not None
            self._note("deleting", name=pod.name)
            there = self.api.delete_pod(pod.pod_id)
            gone = self.api.now()
            if not there and gone - pod.since < self.patience.appear and self.looked_up(pod.name) is not None:
                return False  # it shows late: that it was not found was no proof
            if any(each.id == pod.pod_id and each.status != "TERMINATED" for each in self.api.pods()):
                return False
        except StoppedError:
            raise
        except Exception as error:  # whatever it is, the others are to go too, and this one is tried again
            self.say(f"{pod.name} is not deleted yet: {error or type(error).__name__}")
            return False
        # One that was gone before has ended by its deadline, however long this computer slept.
        self._note("deleted", name=pod.name, until=gone if there else min(gone, max(pod.since, pod.deadline)))
        return True

    def _note(self, kind: Kind, **facts: Any) -> None:
        """A disk that is full keeps no pod from being deleted."""
        try:
            self.ledger.write(kind, **facts)
        except UserError as error:
            self.say(str(error))
            self.ledger.account.take(kind, facts)
