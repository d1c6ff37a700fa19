"""Does a stored row still hold under the code at hand?

Code changes without changing numbers: a renamed function, a split file. So a row made by other code is put on
probation instead of being thrown away: its first steps, its last steps from the checkpoint kept for this, its final
evaluation and its learning rate at every step are computed again, and must be equal to the record bit by bit on a CPU,
within `TOLERANCE` on a GPU or where the record is of a replicate in a stack (`tinker.train.fused`), which is replayed
alone. Without a checkpoint that the new code can load, the whole trial is run again.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinker.provenance.code import code_record
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.sealed import verify
from tinker.store.strict_json import decode
from tinker.train.checkpoint import TAIL
from tinker.train.entry import entry_modules
from tinker.train.parallel import ranks
from tinker.train.parallel.launch import on_ranks
from tinker.train.recorder import PROBE_STEPS
from tinker.train.result import MEASURED
from tinker.train.training import Training

#: Relative difference of a loss that nondeterministic GPU kernels may make, or another order of sums.
TOLERANCE = 1e-3


def probe(spec: TrialSpec, folder: TrialFolder, alive: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Replays what the module's text says; `alive` as in `Hooks`.

    Returns:
        `held`, `how` (`ends` or `whole`), `difference` (the first thing that differs, in words, or None) and `code`,
        the record of the code at hand.
    """
    if spec.config["train"].get("devices", 1) > ranks.count():
        return on_ranks("probation", spec, folder.path, alive=alive)
    record = verify(folder)
    assert record is not None, "only finished rows come on probation"
    tail, steps = folder.checkpoint / TAIL, int(record["steps"])
    has_tail = tail.exists() and record["status"] == "done"
    training = Training(spec, alive=alive)
    exact = training.config.train.accelerator == "cpu" and "fused" not in decode(
        folder.part("environment", record["record"]["token"]).read_bytes()
    )
    tolerance = 0.0 if exact else TOLERANCE
    training.fit(until=min(PROBE_STEPS, steps) if has_tail else steps)
    difference = ranks.shared(_start_differs(training, record, tolerance))
    how = "ends" if has_tail else "whole"
    if has_tail and difference is None:
        ended = _from_tail(spec, tail, alive)
        if ended is None:
            how, ended = "whole", Training(spec, alive=alive)
            ended.fit(until=steps)
        training = ended
    return {
        "held": difference is None and (difference := _end_differs(training, record, tolerance)) is None,
        "how": how,
        "difference": difference,
        "code": code_record(entry_modules(training.config), training.config.plugins),
    }


def _from_tail(spec: TrialSpec, tail: Path, alive: Callable[[], None]) -> Training | None:
    """The trial's last steps; None where the new code cannot take the old checkpoint up."""
    training = Training(spec, alive=alive)
    try:
        training.fit(resume=tail)
    except Exception as error:  # what cannot be loaded is anything from a KeyError to a torn file
        logging.getLogger(__name__).warning("%s is of no use: %s; replaying the whole trial", tail.name, error)
        return None
    return training


def _start_differs(training: Training, record: dict[str, Any], tolerance: float) -> str | None:
    if record.get("start_digest", training.start_digest) != training.start_digest:
        return "it starts from other weights"
    probes, then = training.recorder.probes(training.module), record["probes"]
    if probes.lr != then["lr"]:
        return "the learning-rate schedule differs"
    return _difference("training loss", probes.first, then["first"], tolerance)


def _end_differs(training: Training, record: dict[str, Any], tolerance: float) -> str | None:
    recorder = training.recorder
    status = "diverged" if recorder.diverged else "done"
    if status != record["status"]:
        return f"it ends as {status}, the record says {record['status']}"
    last = recorder.probes(training.module).last
    checks = [("training loss before the end", last, record["probes"]["last"])]
    for name, value in record["metrics"].items():
        if name not in MEASURED:
            checks.append((name, [recorder.metrics.get(name, math.nan)], [value]))
    return next((found for check in checks if (found := _difference(*check, tolerance))), None)


def _difference(what: str, now: list[float], then: list[float], tolerance: float) -> str | None:
    if len(now) != len(then):
        return f"{what}: {len(now)} values, the record has {len(then)}"
    for index, (a, b) in enumerate(zip(now, then, strict=True)):
        same = a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance * abs(b)
        if not same:
            return f"{what} {index + 1}: {a!r}, the record has {b!r}" if len(now) > 1 else f"{what}: {a!r}, not {b!r}"
    return None
