"""What a view must know of a grid besides its jobs: who is compared with whom, in what, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tinker.grid.expand import Plan


@dataclass(frozen=True)
class Verdict:
    """What the last declared look at an arm said: after so many seeds, in a word."""

    look: int
    word: str


def no_looks() -> Mapping[str, Verdict]:
    """Of a grid that declares none."""
    return {}


def no_price() -> float | None:
    """Of a machine whose price nobody has told."""
    return None


@dataclass(frozen=True)
class Shown:
    """One grid.

    Attributes:
        cells: arm and label of the seeds of every trial that may be compared, in the grid's order.
        spent: dollars so far; None where no price is known.
        verdicts: by arm, what the last declared look said. Asked when a stage begins.
    """

    control: str
    metric: str
    alpha: float
    cells: tuple[tuple[str, str], ...] = ()
    spent: Callable[[], float | None] = field(default=no_price)
    verdicts: Callable[[], Mapping[str, Verdict]] = field(default=no_looks)

    @classmethod
    def of(
        cls,
        plan: Plan,
        spent: Callable[[], float | None] = no_price,
        verdicts: Callable[[], Mapping[str, Verdict]] = no_looks,
    ) -> Shown:
        """A plan's."""
        rule = plan.grid.decide
        cells = tuple((cell.arm, cell.seeds.label) for cell in plan.cells)
        arms = [arm.name for arm in plan.arms]
        ordered = tuple(sorted(cells, key=lambda cell: arms.index(cell[0])))
        return cls(plan.control.name, rule.metric, rule.alpha, ordered, spent, verdicts)
