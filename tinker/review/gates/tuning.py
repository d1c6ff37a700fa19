"""Was every arm tuned alike, on seeds of its own, and is what won what was compared?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tinker.report.tuning.effort import Pair, compute_in_words, efforts, unequal
from tinker.report.tuning.tried import assigned, values_of, won
from tinker.report.tuning.words import warnings
from tinker.review.evidence import Evidence
from tinker.review.finding import Finding
from tinker.stats.sample import labels

GATE = "tuning"
#: A mean over seeds is the same where it is so close: it was added up in another order.
CLOSE = 1e-9

Arm = Mapping[str, Any]


def tuning(evidence: Evidence) -> Iterator[Finding]:
    """Equal numbers for all arms on tuning seeds alone, the winners by the rule, and their values in what is compared.

    A winner at an edge is no fault: it is for the reviewer to know. Changes after results are the matter of the rule.
    """
    grid = evidence.grid
    history = grid.get("plan_history") or [{}]
    made, declared = grid.get("tuning"), history[-1].get("tune")
    if made is None:
        if declared is not None:
            yield Finding(GATE, "FAILED", "a tuning is on record as declared, and the grid does not say what was tried")
        return
    faults = [*_of_all(evidence, made, declared), *_of_arms(evidence, made)]
    yield from faults
    yield from (Finding(GATE, "note", text) for text in warnings(made))
    compute = compute_in_words(made, grid["control"])
    if not faults:
        each = f"{made['trials']} configurations x {len(made['seeds'])} seeds for each of {len(made['arms'])} arms"
        text = f"{each}, on seeds of their own; compared is what won. {compute}".strip()
        yield Finding(GATE, "ok", text)
    if evidence.configs is None:
        text = "that the trials had the winners' values only the store could show: the tables say so and no more"
        yield Finding(GATE, "note", text)


def _of_all(evidence: Evidence, made: Mapping[str, Any], declared: str | None) -> Iterator[Finding]:
    """Faults that concern every arm."""
    if not made["complete"]:
        yield Finding(GATE, "FAILED", "not complete, and arms are compared already")
    elif wrong := unequal(made):
        yield Finding(GATE, "FAILED", f"the arms did not get equal numbers ({wrong})")
    if declared is not None and declared != made["declared"]:
        yield Finding(GATE, "FAILED", f"is {made['declared']}, and {declared} is on record as declared")
    used = {pair for each in efforts(made) for pair in each.seeds}
    cells = {(cell["seed_init"], cell["seed_data"]) for cell in evidence.grid["cells"]}
    rows = {(row["seed_init"], row["seed_data"]) for row in evidence.analysis.trials}
    if both := used & (cells | rows):
        yield Finding(GATE, "FAILED", f"{labels(both)} of the tuning are tested on: test on fresh seeds")
    said = _pairs((evidence.grid.get("seeds") or {}).get("tuning", ()))
    if odd := used - said:
        yield Finding(GATE, "FAILED", f"{labels(odd)} tuned on, and not among the tuning seeds of the grid")


def _of_arms(evidence: Evidence, made: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of one arm; the control's concern all."""
    grid = evidence.grid
    arms = {arm["name"]: arm for arm in made["arms"]}
    for arm in grid["arms"]:
        name = arm["name"]
        concerned = None if name == grid["control"] else (name,)
        text = _wrong(evidence, arm, arms[name], made) if name in arms else "compared without a tuning"
        if text:
            yield Finding(GATE, "FAILED", f"{name}: {text}", concerned)


def _wrong(evidence: Evidence, arm: Arm, tuned: Arm, made: Mapping[str, Any]) -> str:
    best = won(tuned, made)
    if best is None:
        return "compared, and nothing won its tuning"
    number, params = best.tried["number"], best.tried["params"]
    if any(not _is_mean(each) for each in tuned["configurations"]):
        return "has a mean that its tuning trials do not give"
    if best.tried["mean"] is None or best.tried["rung"] != made["steps"]:
        return f"configuration {number} won without every seed at {made['steps']} steps"
    if best.behind is not None and best.behind < 0 and best.second is not None:
        return f"configuration {number} won, and {best.second['number']} is better by the rule"
    if tuned["tuned"] != params or arm.get("tuned") != params:
        return f"compared with {assigned(arm.get('tuned') or {}) or 'no tuned value'}, and {assigned(params)} won"
    other = [trial for trial in _trials(evidence, arm["name"]) if not _has(trial, params)]
    return f"{len(other)} of its trials had other values than {assigned(params)}, which won" if other else ""


def _trials(evidence: Evidence, arm: str) -> list[Mapping[str, Any]]:
    """Configs of the arm's trials that the store holds."""
    configs = evidence.configs or {}
    ids = (cell["trial_id"] for cell in evidence.grid["cells"] if cell["arm"] == arm)
    return [configs[trial] for trial in ids if trial in configs]


def _is_mean(tried: Mapping[str, Any]) -> bool:
    """Whether its mean is that of its trials' values; without one, whether a seed is without a value."""
    values = values_of(tried)
    wanted = sum(trial["rung"] == tried["rung"] for trial in tried["trials"])
    if len(values) < wanted or not values:
        return tried["mean"] is None
    mean = sum(values) / len(values)
    return tried["mean"] is not None and abs(mean - tried["mean"]) <= CLOSE * max(1.0, abs(mean))


def _has(config: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether a trial's config has these numbers; what a name or an object stands for is resolved in it by others."""
    numbers = {key: value for key, value in params.items() if isinstance(value, (int, float))}
    return all(_at(config, key) == value for key, value in numbers.items())


def _at(config: Mapping[str, Any], key: str) -> Any:
    found: Any = config
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _pairs(seeds: Any) -> set[Pair]:
    return {(init, data) for init, data in seeds}
