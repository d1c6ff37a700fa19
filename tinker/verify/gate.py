"""The quick part of the battery, before anything is spent on an arm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tinker.config.schema import TrialConfig
from tinker.errors import UserError
from tinker.train.base import require_packages
from tinker.verify.battery import examine
from tinker.verify.subject import Subject

#: Seconds after which each arm is announced.
SLOW = 3.0


def refuse_unsound(arms: dict[str, TrialConfig], *, again: str, say: Callable[[str], None]) -> None:
    """Checks each arm for leaks, finite loss and gradients, declared sizes and a complete optimizer.

    The keys of `arms` are what a sentence calls them: "arm 'rotary'".

    `again` is the `tinker verify` command that shows all of it; `say` is told of each arm once this takes long.

    Raises:
        UserError: a package is missing; or the first arm that fails and what was seen. Nothing gets around it: such an
            arm's numbers would mean something else than they say.
    """
    for config in arms.values():
        require_packages(config)
    distinct = dict(_distinct(arms))
    start, said = time.monotonic(), set[str]()
    for number, (name, config) in enumerate(distinct.items(), 1):

        def announce(text: str, line: str = f"checking {name} ({number} of {len(distinct)}) ...") -> None:
            if time.monotonic() - start >= SLOW and line not in said:
                said.add(line)
                say(line)

        for line in examine(Subject(name, config, quick=True, say=announce)):
            # A backend that runs nowhere here cannot train here either.
            if line.finding.state == "failed" or (line.check == "backend" and line.finding.state == "skipped"):
                raise UserError(
                    f"{name} is not run, since it fails the check {line.check!r}: {line.finding.seen}. Mend its "
                    f"variant or take the arm out; what else is wrong with it says: {again}"
                )


def _distinct(arms: dict[str, TrialConfig]) -> Iterator[tuple[str, TrialConfig]]:
    """The arms less those of which the checks would see the same as of one before them."""
    seen = []
    for name, config in arms.items():
        looked_at = (
            config.model,
            config.optimizer,
            config.finetune,
            config.data,
            config.train.grad_clip,
            config.train.matmul,
        )
        if looked_at not in seen:
            seen.append(looked_at)
            yield name, config
