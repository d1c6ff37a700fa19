"""Does a stored row still hold under the code at hand?

Code changes without changing numbers: a renamed function, a split file. So a row made by other code is put on
probation instead of being thrown away: its first steps, its last steps from the checkpoint kept for this, its final
evaluation and its learning rate at every step are computed again, and must be equal to the record bit by bit on a CPU,
within `GPU_TOLERANCE` on a GPU. Without the checkpoint the whole trial is run again.
"""

from __future__ import annotations

import math
from typing import Any

from tinker.provenance.code import code_record
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.sealed import verify
from tinker.train.checkpoint import TAIL
from tinker.train.entry import entry_modules
from tinker.train.recorder import PROBE_STEPS
from tinker.train.result import MEASURED
from tinker.train.training import Training

#: Relative difference of a loss that nondeterministic GPU kernels may make.
GPU_TOLERANCE = 1e-3


def probe(spec: TrialSpec, folder: TrialFolder) -> dict[str, Any]:
    """Replays what the module's text says.

    Returns:
        `held`, `how` (`ends` or `whole`), `difference` (the first thing that differs, in words, or None) and `code`,
        the record of the code at hand.
    """
    record = verify(folder)
    assert record is not None, "only finished rows come on probation"
    tail = folder.checkpoint / TAIL
    steps, ends = int(record["steps"]), tail.exists() and record["status"] == "done"
    training = Training(spec)
    tolerance = 0.0 if training.config.train.accelerator == "cpu" else GPU_TOLERANCE
    training.fit(until=min(PROBE_STEPS, steps) if ends else steps)
    first = training.recorder.probes(training.module)
    checks: list[tuple[str, list[float], list[float]]] = [("training loss", first.first, record["probes"]["first"])]
    if ends:
        training = Training(spec)
        training.fit(resume=tail)
    last = training.recorder.probes(training.module)
    checks.append(("training loss before the end", last.last, record["probes"]["last"]))
    stored = {k: v for k, v in record["metrics"].items() if k not in MEASURED}
    for name, value in stored.items():
        checks.append((name, [training.recorder.metrics.get(name, math.nan)], [value]))
    difference = next((d for d in (_difference(*check, tolerance) for check in checks) if d), None)
    if first.lr != record["probes"]["lr"]:
        difference = "the learning-rate schedule differs"
    return {
        "held": difference is None,
        "how": "ends" if ends else "whole",
        "difference": difference,
        "code": code_record(entry_modules(training.config), training.config.plugins),
    }


def _difference(what: str, now: list[float], then: list[float], tolerance: float) -> str | None:
    if len(now) != len(then):
        return f"{what}: {len(now)} values, the record has {len(then)}"
    for index, (a, b) in enumerate(zip(now, then, strict=True)):
        same = a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance * abs(b)
        if not same:
            return f"{what} {index + 1}: {a!r}, the record has {b!r}" if len(now) > 1 else f"{what}: {a!r}, not {b!r}"
    return None
