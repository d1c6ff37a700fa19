"""A machine of the user's own in place of rented ones: nothing is ordered, nothing is paid, nothing is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tinker.cloud.caps import Caps
from tinker.cloud.host import Host, Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.lender import Member, Placement
from tinker.errors import FAILED, UserError
from tinker.grid.fleet import Fleet


class Borrowed:
    """A `Lender` that has one machine.

    Args:
        reach: a new way to it: one that was given back is closed.
    """

    def __init__(self, name: str, reach: Callable[[], Host], fleet: Fleet, ledger: Ledger) -> None:
        self.name, self.reach = name, reach
        self.fleet: str = ledger.account.about["name"]
        self.caps = Caps(fleet, ledger.account)

    def now(self) -> float:
        """The time here."""
        return time.time()

    def rent(self, placements: Sequence[Placement], number: int) -> list[Member]:
        """The machine.

        Raises:
            UserError: it does not answer.
        """
        host = self.reach()
        try:
            host.facts()
        except Unreachable as error:
            raise UserError(f"{error}; {_hint(self.name)}", exit_code=FAILED) from None
        return [Member(self.name, host)]

    def addresses(self) -> dict[str, str]:
        """None: it is alone."""
        return {}

    def lost(self, members: Sequence[Member]) -> list[Member]:
        """Never for sure: it may only be asleep."""
        return []

    def give_back(self, names: Sequence[str]) -> bool:
        """Its Ray ends by itself once it is idle."""
        return True


def _hint(name: str) -> str:
    if name.startswith("ray://"):
        return f"nothing of Ray's answers at {name}: is its dashboard up, and open to this computer at that port?"
    return f"does `ssh {name}` work?"
