"""Made-up grids, and what the pipeline says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.random import Generator

from tests.stats.made_up import row, rows
from tinker.stats.compare import compare
from tinker.stats.rule import Rule

Arms = Mapping[str, Sequence[float]]
#: `min_effect` is so small that no arm is found equivalent, and verdicts are of the tests of a difference alone.
SHARP = Rule("val_loss", "lower", min_effect=1e-9, alpha=0.05, correction="holm")
ALPHA = SHARP.alpha
#: What is promised of an error rate of .05, and of a 95 % interval.
ERROR = (0.0, 0.055)
COVERS = (0.93, 0.97)


def normal(rng: Generator, sds: Sequence[float], seeds: int, control: int | None = None) -> dict[str, list[float]]:
    """Losses about 0 of a control (`control` seeds; the first sd is its own) and arms named 1, 2, ..."""
    sizes = [control or seeds, *[seeds] * (len(sds) - 1)]
    draws = [rng.normal(0.0, sd, size).tolist() for sd, size in zip(sds, sizes, strict=True)]
    return dict(zip(names(len(sds) - 1), draws, strict=True))


def names(arms: int) -> list[str]:
    """Of the control and so many arms."""
    return ["control", *(str(arm) for arm in range(1, arms + 1))]


def moved(values: Sequence[float], by: float) -> list[float]:
    """An arm that is so much worse (loss)."""
    return [value + by for value in values]


def judged(trials: Sequence[Mapping[str, Any]], rule: Rule = SHARP) -> dict[str, dict[str, Any]]:
    """The shipped pipeline: the comparison of each arm by its name, without the control's row."""
    return {found["arm"]: found for found in compare(trials, [rule.metric], rule) if not found["is_control"]}


def finished(arms: Arms, rule: Rule = SHARP) -> dict[str, dict[str, Any]]:
    """Of a grid that has run to its end."""
    return judged(rows(arms), rule)


def so_far(arms: Arms, part: float, rule: Rule) -> dict[str, dict[str, Any]]:
    """Of a grid in which this part of each side's seeds has ended and the others are still to come."""
    trials = []
    for arm, values in arms.items():
        done = round(part * len(values))
        trials += [row(arm, seed, value) for seed, value in enumerate(values[:done])]
        trials += [row(arm, seed, None, status="missing") for seed in range(done, len(values))]
    return judged(trials, rule)


def differs(found: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether any arm is called better or worse: wrong, where nothing differs."""
    return any(one["verdict"] in ("better", "worse") for one in found.values())


def covers(found: Mapping[str, Any], truth: float, low: str = "low", high: str = "high") -> bool:
    """Whether an interval of the row holds the truth."""
    return bool(found[low] <= truth <= found[high])
