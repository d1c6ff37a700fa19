"""What a run says of its budget: before anything starts, and when it has run out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinker.grid.expand import Plan
from tinker.report.not_run import in_words
from tinker.schedule.budget import KEYS, GridPurse
from tinker.schedule.cluster import Capacity
from tinker.schedule.course import Limits
from tinker.schedule.estimate import Forecast, forecast, here, known_times, limited
from tinker.schedule.estimate_words import foreseen, spent_in_words
from tinker.schedule.job import Phase, Stage
from tinker.store.store import Store

#: The trials of these are those of the comparison.
COMPARED: tuple[Phase, ...] = ("pilot", "comparing")
#: What is asked for on top of what seems to be needed.
MARGIN = 1.1


class Foresight:
    """One grid of a run.

    Attributes:
        plan: the one that is known by now; tuning makes another.
    """

    def __init__(self, plan: Plan, store: Store, limits: Limits, purse: GridPurse) -> None:
        self.plan, self.store, self.limits, self.purse = plan, store, limits, purse
        self._said: set[Phase] = set()
        self._stage: Stage | None = None
        self._capacity = here()

    def before(self, stage: Stage, capacity: Capacity, limits: Limits) -> Sequence[str]:
        """As `GridRun.foresee`: once when arms are to be timed, and once when they are to be compared."""
        self._stage, self._capacity, self.limits = stage, capacity, limits
        if stage.phase not in COMPARED or stage.phase in self._said or not limited(self.plan):
            return ()
        self._said.add(stage.phase)
        said = [f"{self.plan.name}: {foreseen(self.plan, self._forecast())}"]
        if stage.phase == "pilot":
            arms = f"{len(stage.jobs)} arm{'s' if len(stage.jobs) > 1 else ''}"
            said.append(f"timing a short piece of {arms} first, which counts as work done")
        return said

    def after(self, again: str) -> list[str]:
        """Of a grid whose budget is used up: what was spent, what was not run, and how to go on from `again`."""
        spent = spent_in_words(self.purse.spent)
        return [f"spent: {spent}; not run: {self._not_run()}", f"go on with: {again} {self._raised()}"]

    def _not_run(self) -> str:
        cells = self.plan.cells
        before = self._stage is not None and self._stage.phase not in COMPARED
        if before or not cells:
            return "the rest of what comes before the comparison, and the comparison"
        if self.plan.grid.decide.looks is not None and self._stage is not None:  # later looks may need less
            asked = {job.spec.id for job in self._stage.jobs}
            cells = tuple(cell for cell in cells if cell.spec.id in asked)
        done = known_times(self.plan, self.store).done
        left = [(cell.arm, (cell.seeds.init, cell.seeds.data)) for cell in cells if cell.spec.id not in done]
        return in_words(left, [arm.name for arm in self.plan.arms])

    def _raised(self) -> str:
        """Overrides of a budget that should be enough for all that is left."""
        found, budget = self._forecast(), self.plan.grid.budget
        spent = found.spent
        needed: dict[str, float | None] = dict.fromkeys(KEYS)
        if self.plan.cells:
            needed["trials"] = spent.trials + found.trials
            needed["flops"] = spent.flops + MARGIN * found.flops
            needed["hours"] = None if found.hours is None else spent.hours + MARGIN * found.hours
            needed["usd"] = None if found.usd is None else (spent.usd or 0.0) + MARGIN * found.usd
        said = []
        for key in KEYS:
            limit, used = getattr(budget, key), getattr(spent, key)
            enough = max(2 * limit, used) if limit and needed[key] is None else needed[key]
            if limit is not None and enough is not None and enough > limit:
                said.append(f"budget.{key}={_rounded(enough, whole=key == 'trials')}")
        return " ".join(said)

    def _forecast(self) -> Forecast:
        known = known_times(self.plan, self.store)
        todo = {cell.spec.id for cell in self.plan.cells} - known.done
        return forecast(self.plan, todo, known.seconds, self.purse.spent, self.limits, self._capacity)


def _rounded(value: float, *, whole: bool) -> str:
    """Two digits, upwards."""
    if whole:
        return f"{value:.0f}"
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:.12g}"
