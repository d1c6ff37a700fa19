"""The quick part of the battery, before anything is spent on an arm."""

from __future__ import annotations

from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.verify.battery import examine
from tinker.verify.subject import Subject


def refuse_unsound(arms: dict[str, TrialConfig], *, again: str) -> None:
    """Checks each arm (by name) for leaks, finite loss and gradients, declared sizes and a complete optimizer.

    `again` is the `tinker verify` command that shows all of it.

    Raises:
        UserError: naming the first arm that fails and what was seen. Nothing gets around it: such an arm's numbers
            would mean something else than they say.
    """
    for name, config in arms.items():
        for line in examine(Subject(name, config, quick=True)):
            if line.finding.state == "failed":
                raise UserError(
                    f"arm {name!r} is not run, since it fails the check {line.check!r}: {line.finding.seen}. Mend its "
                    f"variant or take the arm out; what else is wrong with it says: {again}"
                )
