"""Runs a stored row again, whole, and says whether it comes out the same."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tinker.provenance.code import difference
from tinker.provenance.environment import environment_class
from tinker.spec import TrialSpec
from tinker.store.record import StoredTrial
from tinker.train.result import MEASURED, TrialResult
from tinker.train.trial import Hooks, run_trial
from tinker.train.whereabouts import relocated

Answer = Literal["equal", "equal within tolerance", "different"]

#: On other hardware or libraries rounding differs and grows: these bounds hold for the same trial elsewhere, not for
#: another one. Relative difference of the first training losses, and of the final validation loss.
EARLY_TOLERANCE, FINAL_TOLERANCE = 1e-4, 1e-2


@dataclass(frozen=True)
class Replay:
    """What a replay found.

    Attributes:
        answer: `equal` is bit by bit, over the whole curve and the final values that are reported.
        first_difference: where the two part, in words; None if equal.
        val_loss: of the record and of the replay.
        environment, code: what differs there: names of fields with both values, and modules.
    """

    answer: Answer
    first_difference: str | None
    val_loss: tuple[float, float]
    environment: dict[str, tuple[Any, Any]]
    code: tuple[str, ...]


def replay(row: StoredTrial, hooks: Hooks | None = None) -> Replay:
    """Trains the row's spec again in a temporary folder and compares. The row stays as it is.

    Raises:
        UserError: the row has no result, or this machine cannot run it.
    """
    record, points, then = row.result, row.curve().to_pylist(), row.environment()
    assert record is not None, "curve() has refused a row without a result"
    with tempfile.TemporaryDirectory(prefix="tinker-replay-") as folder:
        result = run_trial(_without_mirrors(relocated(row.spec, row.folder.results)), Path(folder), hooks)
    parted = _first_difference(points, result) or _other_end(record, result)
    began_with = record.get("start_digest", result.start_digest)  # records before there was one say nothing
    if parted is not None and began_with != result.start_digest:
        parted += f"; init_from gives other weights now ({result.start_digest}) than then ({began_with})"
    val_loss = (record["metrics"]["val_loss"], result.metrics["val_loss"])
    same_class = environment_class(result.environment) == row.environment_class
    # GPU kernels need not repeat themselves, and a replicate of a stack was rounded otherwise than it is alone.
    exact = same_class and result.environment["device"]["type"] == "cpu" and "fused" not in then
    if parted is None:
        answer: Answer = "equal"
    elif not exact and _close(record, result):
        answer = "equal within tolerance"
    else:
        answer = "different"
    code = difference(row.code(), result.code)
    modules = (*code.changed, *(f"+{m}" for m in code.added), *(f"-{m}" for m in code.removed))
    return Replay(answer, parted, val_loss, _environment_difference(then, result.environment), modules)


def _without_mirrors(spec: TrialSpec) -> TrialSpec:
    """A replay is not another run in somebody's MLflow."""
    silent = {"csv": False, "tensorboard": False, "wandb": None, "mlflow": None}
    return TrialSpec.of({**spec.config, "logger": silent}, spec.seeds, spec.corpus)


def _first_difference(points: list[dict[str, Any]], result: TrialResult) -> str | None:
    then = [(p["step"], p["metric"], p["value"]) for p in points if p["metric"] not in MEASURED]
    now = [(p.step, p.metric, p.value) for p in result.curve if p.metric not in MEASURED]
    for old, new in zip(then, now, strict=False):
        if old[:2] != new[:2] or not _near(old[2], new[2], 0.0):
            return f"step {new[0]}: {new[1]} is {new[2]!r}, the record has {old[2]!r}"
    if len(then) != len(now):
        return f"{len(now)} points on the curve, the record has {len(then)}"
    return None


def _other_end(record: dict[str, Any], result: TrialResult) -> str | None:
    """What of the final values differs. A metric that the record does not have yet says nothing."""
    if (record["status"], record["steps"]) != (result.status, result.steps):
        return f"the end: {result.status} at step {result.steps}, the record is {record['status']} at {record['steps']}"
    for name, old in record["metrics"].items():
        if name not in MEASURED and (name not in result.metrics or not _near(old, result.metrics[name], 0.0)):
            return f"the final {name}: it is {result.metrics.get(name)!r}, the record has {old!r}"
    return None


def _close(record: dict[str, Any], result: TrialResult) -> bool:
    new, old = result.probes.first, record["probes"]["first"]
    if result.status != record["status"] or len(new) != len(old):
        return False
    early = all(_near(*pair, EARLY_TOLERANCE) for pair in zip(old, new, strict=True))
    return early and _near(record["metrics"]["val_loss"], result.metrics["val_loss"], FINAL_TOLERANCE)


def _near(old: float, new: float, tolerance: float) -> bool:
    return old == new or abs(new - old) <= tolerance * abs(old) or (math.isnan(old) and math.isnan(new))


def _environment_difference(then: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = sorted(then.keys() | now.keys())
    return {k: (then.get(k), now.get(k)) for k in keys if then.get(k) != now.get(k) and k != "git"}
