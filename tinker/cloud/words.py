"""What the user is told about a run that goes on elsewhere: how to leave it, to come back, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tinker.cloud.ledger import Account

#: What the user can do while a run is watched.
WAYS = (
    "Ctrl-C stops it, brings its results home and gives everything back; a closed terminal leaves it running "
    "(`tinker attach`)"
)


def farewell(fleet: str, account: Account) -> Iterator[str]:
    """For one who leaves it."""
    yield f"{fleet} goes on without this terminal; `tinker attach {fleet}` watches it again"
    if account.open:
        until = datetime.fromtimestamp(min(pod.deadline for pod in account.open)).strftime("%a %H:%M")
        yield (
            f"until somebody does it costs ${sum(pod.usd_per_hour for pod in account.open):.2f} an hour, even when the "
            f"run has ended: its results wait there until {until} (local time), when the pods delete themselves; "
            f"`tinker cloud down {fleet}` ends it before"
        )
