"""What a worker reports is written into the store, which is all that is ever known of a trial."""

from __future__ import annotations

from dataclasses import dataclass

from tinker.schedule.missing import class_of
from tinker.schedule.retry import Cause, of_error
from tinker.schedule.work import Outcome, Task
from tinker.spec import TrialSpec
from tinker.store.store import Store
from tinker.store.verdicts import accept, supersede
from tinker.train.result import TrialResult


@dataclass(frozen=True)
class Told:
    """How a job ended (see `View.finished`), in words, and the cause where it failed."""

    status: str
    note: str
    cause: Cause | None = None


def record(store: Store, spec: TrialSpec, task: Task, outcome: Outcome) -> Told:
    """Writes the outcome down.

    Raises:
        UserError: the store cannot be written.
    """
    result, cls = outcome.result, outcome.environment_class
    if result is not None and cls != class_of(spec):
        # A row there would never be found by this driver, and would be trained again for ever.
        said = f"the worker's machine is of class {cls}, this one of {class_of(spec)}: run the grid on one kind"
        return failed(store, spec, Cause("error", said), said)
    if outcome.error is not None:
        return failed(store, spec, of_error(outcome.error), outcome.error, cls)
    if outcome.probation is not None:
        return _judged(store, spec, cls, outcome.probation)
    if result is None:
        store.release(spec, class_of(spec), "interrupted")
        return Told("interrupted", "before its first step")
    if result.status == "interrupted":
        store.release(spec, cls, "timed" if task == "pilot" else "interrupted")
        return Told("timed" if task == "pilot" else "interrupted", f"saved at step {result.steps}")
    plain = result.as_dict()
    if store.commit(spec, cls, plain, plain["curve"], plain["environment"], plain["code"]):
        return Told(result.status, _headline(result))
    return Told("elsewhere", "another driver was first with its result, which stays")


def failed(store: Store, spec: TrialSpec, cause: Cause, log: str, cls: str = "") -> Told:
    """Marks an attempt that ended without a result.

    Raises:
        UserError: the store cannot be written.
    """
    store.fail(spec, cls or class_of(spec), str(cause), log, kind=cause.kind)
    return Told("failed", str(cause), cause)


def _judged(store: Store, spec: TrialSpec, cls: str, probation: dict[str, object]) -> Told:
    row = store.get(spec.id, cls)
    if row is None:
        return Told("superseded", "its row was set aside meanwhile")
    if probation["held"]:
        accept(row.folder, probation)
        return Told("held", f"the new code gives the same numbers ({probation['how']})")
    supersede(row.folder, row.code_fingerprint or "unknown")
    return Told("superseded", f"the new code gives other numbers: {probation['difference']}")


def _headline(result: TrialResult) -> str:
    loss = result.metrics.get("val_loss")
    return f"at step {result.steps}" if loss is None else f"val_loss {loss:.4f}"
