"""The tuning in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tinker.report.tuning.effort import compute_in_words, efforts, unequal
from tinker.report.tuning.tried import searched_in_words
from tinker.stats.sample import labels

Grid = Mapping[str, Any]

NOT_TESTED = (
    "These losses are of the tuning split and of the tuning seeds, and nothing is tested on them: a winner looks better"
    " here than it is."
)
SEARCHES = {
    "grid": "every combination",
    "random": "drawn at random",
    "qmc": "drawn evenly (quasi-random)",
    "tpe": "asked of Optuna's TPE",
    "gp": "asked of Optuna's Gaussian process",
}


def progress(grid: Grid) -> str:
    """How far the tuning is, where nothing is compared yet; empty where something is, or nothing is tuned."""
    tuning = grid.get("tuning")
    if tuning is None or grid["cells"]:
        return ""
    if tuning["complete"]:
        return f"the tuning has ended with no winner for {_names(_without_winner(tuning))}: there is nothing to compare"
    return f"the tuning is not complete: {_ended(tuning)}; the trials that compare the arms come after it"


def summary(tuning: Mapping[str, Any]) -> str:
    """The effort in one sentence."""
    if not tuning["complete"]:
        return f"Not complete: {_ended(tuning)}. Nothing is compared before every arm is tuned."
    wrong = unequal(tuning)
    if wrong:
        return f"The arms did not get equal numbers ({wrong})."
    seeds = [(init, data) for init, data in tuning["seeds"]]
    arms = f"Each of {len(tuning['arms'])} arms, the control included, got"
    return f"{arms} {_count(tuning['trials'], 'configuration')} on the same {_count(len(seeds), 'seed')}."


def facts(grid: Grid) -> list[str]:
    """What was tuned, how, by which rule, and what these numbers are not."""
    tuning = grid["tuning"]
    search = tuning["search"]
    how = SEARCHES.get(search["type"], search["type"])
    batches = f" in batches of {search['batch']}" if search["batch"] else ""
    seed = f", seed {search['seed']}" if search["seed"] is not None else ""
    seeds = labels([(init, data) for init, data in tuning["seeds"]])
    pruned = tuning["prune"]
    stops = ", ".join(str(step) for step in pruned["rungs"]) if pruned else ""
    return [
        f"Rule: {tuning['rule']}.",
        f"Configurations: {how}{batches}{seed}; {seeds}, {tuning['steps']} steps each.",
        *([f"Stopped early ({pruned['type']}) at one of the steps {stops}."] if pruned else []),
        *_spaces(tuning),
        *([said] if (said := _compute(grid)) else []),
        NOT_TESTED,
    ]


def warnings(tuning: Mapping[str, Any]) -> list[str]:
    """Winners at an edge, ties, and arms without a winner."""
    said = []
    for arm in tuning["arms"]:
        said += [f"{arm['name']}: {edge['said']}" for edge in arm["edges"]]
        if arm["ties"]:
            numbers = ", ".join(str(number) for number in sorted([arm["winner"] or 0, *arm["ties"]]))
            said.append(f"{arm['name']}: configurations {numbers} have exactly the same mean; the first asked won")
    lost = _without_winner(tuning) if tuning["complete"] else []
    return said + [f"{name}: no configuration is stable with every seed, so none has won" for name in lost]


def notes(grid: Grid) -> list[str]:
    """For the head of a report: what of the tuning may change a verdict."""
    tuning = grid.get("tuning")
    edged = [arm["name"] for arm in tuning["arms"] if arm["edges"]] if tuning else []
    if not edged:
        return []
    return [f"the best of {_names(edged)} lies at an edge of what was tried (see Tuning): tuned wider it may do better"]


def _spaces(tuning: Mapping[str, Any]) -> list[str]:
    """What was searched, once for all arms that share it."""
    arms: dict[str, list[str]] = {}
    for arm in tuning["arms"]:
        arms.setdefault(searched_in_words(arm["space"]), []).append(arm["name"])
    if len(arms) == 1:
        return [f"Searched in every arm: {space}." for space in arms]
    return [f"Searched in {_names(names)}: {space}." for space, names in arms.items()]


def _compute(grid: Grid) -> str:
    """Of a complete tuning alone: before, the arms are only not at the same place."""
    return compute_in_words(grid["tuning"], grid["control"]) if grid["tuning"]["complete"] else ""


def _ended(tuning: Mapping[str, Any]) -> str:
    found = efforts(tuning)
    return f"{sum(each.ended for each in found)} of {len(found) * tuning['trials']} configurations have ended"


def _without_winner(tuning: Mapping[str, Any]) -> list[str]:
    return [arm["name"] for arm in tuning["arms"] if arm["winner"] is None]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _names(names: Sequence[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
