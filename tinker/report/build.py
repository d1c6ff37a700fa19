"""From the tables of a grid to the content of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tinker.report.advice import next_steps
from tinker.report.budget import of_budget, used_up
from tinker.report.detail import against_noise, at_equal_cost
from tinker.report.layout import costs, effects, skills
from tinker.report.notes import of_devices, of_fusing, of_grid, of_looks
from tinker.report.rented import of_rented
from tinker.report.rule_words import in_words
from tinker.report.spared import spared_in
from tinker.report.tuning import words as tuning_words
from tinker.report.tuning.section import tuning_section
from tinker.report.view import Finding, Report, Row, Section
from tinker.stats.rule import Rule

ORDER = (
    "better", "worse", "equivalent", "not worse", "inconclusive", "cannot reach alpha", "exploratory", "invalid",
)  # fmt: skip


#: What an import writes where it was not told corpus or scale.
UNKNOWN = "unknown"


def build(
    grid: Mapping[str, Any],
    trials: Sequence[Row],
    rows: Sequence[Row],
    rule: Rule,
    notes: Sequence[str],
    looks: Sequence[Row] = (),
) -> Report:
    """The report of a grid from `grid.json` and rows of trials, comparisons and looks.parquet; `notes` are more."""
    places = dict.fromkeys((row["corpus"], row["scale"]) for row in rows)
    elsewhere = bool(grid.get("imported"))
    spared, gone = spared_in(trials, rule), used_up(grid)
    sections = [
        _section([r for r in rows if (r["corpus"], r["scale"]) == place], rule, elsewhere, spared.count(place), gone)
        for place in places
    ]
    return Report(
        grid=grid["name"],
        question=grid.get("question") or "",
        hypothesis=grid.get("hypothesis") or "",
        rule=in_words(rule),
        progress=tuning_words.progress(grid) or _progress(trials, spared.trials),
        notes=(
            *of_grid(grid, rule),
            *of_budget(grid, trials, spared.trials),
            *of_rented(grid, trials),
            *of_devices(trials),
            *of_fusing(trials),
            *tuning_words.notes(grid),
            *of_looks(looks),
            *spared.notes,
            *notes,
        ),
        sections=tuple(sections),
        comparisons=rows,
        meta={
            "control": grid["control"],
            "decide": grid["decide"],
            "rule_hash": rule.hash,
            "rule_edited": rule.edited,
            "environment_class": grid.get("environment_class"),
            "trials": dict(sorted(Counter(row["status"] for row in trials).items())),
            **{key: grid[key] for key in ("tuning", "budget", "spent", "rented") if key in grid},
        },
        tuning=tuning_section(grid),
    )


def _progress(trials: Sequence[Row], spared: Collection[str]) -> str:
    """How many have ended of those that are needed; `spared` are ids of the others."""
    counts = Counter(row["status"] for row in trials if row["trial_id"] not in spared)
    ended = counts["done"] + counts["diverged"]
    others = [f"{counts[s]} {s}" for s in ("diverged", "failed", "running", "pending", "missing") if counts[s]]
    said = f"{ended} of {len(trials) - len(spared)} trials finished" + (f" ({', '.join(others)})" if others else "")
    return said + (f", {len(spared)} of the {len(trials)} planned not needed" if spared else "")


def _section(rows: Sequence[Row], rule: Rule, elsewhere: bool, not_needed: int, gone: str | None) -> Section:
    primary = [row for row in rows if row["primary"]]
    control = [row for row in primary if row["is_control"]]
    arms = sorted((row for row in primary if not row["is_control"]), key=lambda row: _rank(row, rule))
    counts = Counter(row["verdict"] for row in arms)
    said = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts[word])
    skill_rows = [row for row in rows if row["metric"].startswith("excess_")]
    dear = at_equal_cost(arms)
    details = [against_noise(control + arms), costs(control + arms), *([dear] if dear else [])]
    if skill_rows:
        details.insert(0, skills(skill_rows, [row["arm"] for row in control + arms]))
    return Section(
        title=_title(primary[0]),
        summary=f"{len(arms)} arm{'s' if len(arms) != 1 else ''} against the control: {said}"
        if arms
        else "control only",
        effects=effects(control + arms, rule),
        findings=tuple(Finding(row["arm"], row["verdict"], row["reason"]) for row in arms),
        warnings=_warnings(control + arms),
        next_steps=next_steps(control, arms, rule, elsewhere, not_needed, gone),
        details=tuple(details),
    )


def _title(row: Row) -> str:
    """Corpus and scale; runs from elsewhere need not say theirs."""
    known = [row["corpus"]] * (row["corpus"] != UNKNOWN) + [f"scale {row['scale']}"] * (row["scale"] != UNKNOWN)
    return ", ".join(known) or "All runs"


def _rank(row: Row, rule: Rule) -> tuple[bool, float]:
    """Best effect first; what has none comes last, in the grid's order."""
    difference = row["difference"]
    if difference is None:
        return True, 0.0
    return False, difference if rule.direction == "lower" else -difference


def _warnings(rows: Sequence[Row]) -> tuple[str, ...]:
    """Each warning once, with the arms it is about."""
    about: dict[str, list[str]] = {}
    for row in rows:
        for warning in row["warnings"] or ():
            about.setdefault(warning, []).append(row["arm"])
    return tuple(
        f"{'all arms' if len(arms) == len(rows) > 1 else _names(arms)}: {text}" for text, arms in about.items()
    )


def _names(arms: Sequence[str], most: int = 6) -> str:
    return ", ".join(arms[:most]) + (f" and {len(arms) - most} more" if len(arms) > most else "")
