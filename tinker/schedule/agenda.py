"""What a grid wants run, from the trial that its arms start from to the last seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tinker.errors import FAILED, UserError
from tinker.grid.expand import Plan
from tinker.schedule.by_need import comparing
from tinker.schedule.job import Job, Stage
from tinker.schedule.missing import class_of
from tinker.schedule.order import settled_order
from tinker.schedule.pilot_stage import pilot_stage
from tinker.schedule.tuning.phase import confirmed, tuning_stages
from tinker.schedule.tuning.settled import settled_failures
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.train.starts.trial import kept_checkpoint


class GridAgenda:
    """The stages of one grid. `on_tuned` is told the plan once its arms are tuned, before they are compared."""

    def __init__(self, plan: Plan, store: Store, on_tuned: Callable[[Plan], None] = lambda plan: None) -> None:
        self.plan, self.store, self.on_tuned = plan, store, on_tuned

    def stages(self) -> Iterator[Stage]:
        """
        Raises:
            UserError: the trial that all arms start from did not end well, or an arm has no stable configuration.
        """
        plan, first = self.plan, self.plan.pretrained
        if first is not None:
            yield Stage("pretraining", (Job(first, "pretraining", first.seeds.label),))
            require_pretrained(self.store, first)
        if plan.grid.tune is not None:
            before = plan.before or plan
            settled = settled_failures(before, self.store)
            plan = confirmed(before, (yield from tuning_stages(before, self.store, settled)))
            self.on_tuned(plan)
        yield from pilot_stage(plan, self.store)
        yield from comparing(plan, self.store.layout.results, settled_order(plan, self.store).sort)


def require_pretrained(store: Store, spec: TrialSpec) -> None:
    """
    Raises:
        UserError: the trial that all arms start from failed, diverged, or has not kept its weights.
    """
    row = store.get(spec.id, class_of(spec))
    state = "missing" if row is None else row.status.state
    if row is None or row.result is None or state != "done":
        cause = f" ({row.status.cause})" if row is not None and row.status.cause else ""
        raise UserError(
            f"pretrain: trial {spec.id}, from which every arm starts, is {state}{cause}, so no arm was run; "
            f"see {store.folder(spec, class_of(spec)).log}, or change pretrain.diff",
            exit_code=FAILED,
        )
    kept_checkpoint(row.folder)
