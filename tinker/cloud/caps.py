"""What a fleet may still cost: the deadline that each pod is born with, and when everything must be given back.

A pod is ordered with the deadline by which it deletes itself. Those are set so that the fleet stays below its cap even
if nobody at home ever looks at it again.
"""

from __future__ import annotations

from tinker.cloud.ledger import Account
from tinker.errors import FAILED, UserError
from tinker.grid.fleet import Fleet

#: Seconds that a pod must be able to pay for: with less it would be gone before its image is there.
LEAST = 600.0
#: Seconds before a cap at which pods delete themselves. A launcher that lives begins at twice that to give them back.
MARGIN = 60.0


class CapReachedError(UserError):
    """Nothing further may be rented: the message says which cap, and what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, exit_code=FAILED)


class Caps:
    """The limits of one fleet against what it has cost, by the server's clock."""

    def __init__(self, fleet: Fleet, account: Account, *, least: float = LEAST, margin: float = MARGIN) -> None:
        self.fleet, self.account, self.least, self.margin = fleet, account, least, margin

    def end(self, now: float) -> float:
        """When its hours are over: they begin with the first pod, not while a card is waited for."""
        had = [pod.since for pod in self.account.pods.values() if pod.open or pod.pod_id is not None]
        return min(had, default=now) + 3600 * self.fleet.max_hours

    def deadline(self, usd_per_hour: float, now: float, *, more: int = 0) -> float:
        """Of a pod of that price that is ordered now, with as many `more` of its kind to come.

        Raises:
            CapReachedError: it may not be rented.
        """
        fleet, pods = self.fleet, 1 + more
        rate = sum(pod.usd_per_hour for pod in self.account.open) + pods * usd_per_hour
        if rate > fleet.max_usd_per_hour + 1e-9:
            raise CapReachedError(
                f"fleet.max_usd_per_hour: {rate:.2f} dollars an hour are more than {fleet.max_usd_per_hour:g}; raise "
                "it, or ask for fewer or cheaper cards"
            )
        left = fleet.max_usd - self.account.at_most(now)
        paid = left / (pods * usd_per_hour) * 3600 if usd_per_hour else float("inf")
        seconds = min(paid, self.end(now) - now)
        if seconds < self.least + self.margin:
            named = (
                f"max_usd {fleet.max_usd:g}" if paid < self.least + self.margin else f"max_hours {fleet.max_hours:g}"
            )
            spent = f" after the ${self.account.usd(now):.2f} that are spent" if self.account.pods else ""
            raise CapReachedError(
                f"fleet.{named}{spent}: enough for {max(0.0, seconds) / 60:.1f} minutes of {pods} "
                f"pod{'s' if pods > 1 else ''} at ${usd_per_hour:.2f} an hour, and a pod needs "
                f"{(self.least + self.margin) / 60:.0f} to start and do any work; raise it"
            )
        return now + seconds - self.margin

    def left(self, now: float) -> float:
        """Seconds until one of the caps is reached as things are. One is what the oldest pod, the head, was ordered
        for: pods that came to nothing meanwhile may have left money, but its deadline stands."""
        ordered = self.account.open[0].deadline + self.margin - now if self.account.open else float("inf")
        return min(self._paid(now), ordered, self.end(now) - now)

    def _paid(self, now: float) -> float:
        """Seconds that the money lasts."""
        rate = sum(pod.usd_per_hour for pod in self.account.open)
        return (self.fleet.max_usd - self.account.usd(now)) / rate * 3600 if rate else float("inf")

    def breach(self, now: float) -> str | None:
        """Why everything must be given back now; None while it need not."""
        rate = sum(pod.usd_per_hour for pod in self.account.open)
        if rate > self.fleet.max_usd_per_hour + 1e-9:
            return f"fleet.max_usd_per_hour {self.fleet.max_usd_per_hour:g} exceeded: the pods cost ${rate:.2f} an hour"
        if not rate or self.left(now) > 2 * self.margin:
            return None
        if self.end(now) - now <= 2 * self.margin:
            return f"fleet.max_hours {self.fleet.max_hours:g} used up"
        if self._paid(now) <= 2 * self.margin:
            return f"fleet.max_usd {self.fleet.max_usd:g} used up"
        return f"the time is over that {self.account.open[0].name} was ordered for within fleet.max_usd"

    def over(self, now: float) -> bool:
        """Whether not even the last results can be waited for."""
        return self.left(now) <= 1.25 * self.margin
