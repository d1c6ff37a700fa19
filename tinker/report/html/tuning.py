"""The page's section on the tuning: loss against each tuned value, and every configuration that was tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from tinker.report import view
from tinker.report.analysis import Analysis
from tinker.report.html.cells import Cell, Table, numbers, table, words
from tinker.report.html.plots import tuning as plots
from tinker.report.html.wording import DASH, figure, with_unit
from tinker.report.numbers import decimals, magnitude
from tinker.report.tuning.effort import efforts, is_lost
from tinker.report.tuning.section import declared_changes
from tinker.report.tuning.tried import assigned, values_of, whole, won
from tinker.report.view import Column, Row
from tinker.tables.tuning import is_numeric, number, searched_numbers

#: Arms that are drawn in a panel, and configurations that the page lists.
MOST_CURVES, MOST_LISTED = 24, 1000


@dataclass(frozen=True)
class TuningPart:
    """What the template lays out; `left_out` are arms without a curve, `unlisted` configurations without a row."""

    section: view.Tuning
    panels: tuple[tuple[str, Markup], ...]
    unnamed: int
    left_out: int
    scattered: bool
    winners: Table
    efforts: Table
    configurations: Table
    unlisted: int


def tuning_part(section: view.Tuning | None, analysis: Analysis) -> TuningPart | None:
    """None where the grid tunes nothing."""
    if section is None:
        return None
    grid, tuning = analysis.grid, analysis.grid["tuning"]
    verdicts = {row["arm"]: row["verdict"] for row in reversed(analysis.comparisons) if row["primary"]}
    arms = tuning["arms"][:MOST_CURVES]
    panels, unnamed, scattered = [], 0, False
    for place, key in enumerate(searched_numbers(tuning)):
        having = [arm for arm in arms if key in arm["space"] and is_numeric(arm["space"][key])]
        curves = [_curve(arm, key, tuning, _verdict(arm["name"], grid, verdicts)) for arm in having]
        if any(curve.tried for curve in curves):
            ends, log = _axis([arm["space"][key] for arm in having])
            metric, lower = with_unit(tuning["metric"]), tuning["direction"] != "higher"
            drawn, missing = plots.tuning(f"tuning{place}", key, curves, ends, metric, lower, log)
            panels.append((key, drawn))
            unnamed = max(unnamed, missing)
            scattered = scattered or any(_several(curve) for curve in curves)
    rows = [(arm, tried) for arm in tuning["arms"] for tried in arm["configurations"]]
    return TuningPart(
        section,
        tuple(panels),
        unnamed,
        len(tuning["arms"][MOST_CURVES:]),
        scattered,
        _winners(grid, tuning),
        _efforts(tuning),
        _configurations(tuning, rows[:MOST_LISTED]),
        len(rows[MOST_LISTED:]),
    )


def _verdict(arm: str, grid: Mapping[str, Any], verdicts: Mapping[str, str]) -> str:
    """For the colour; an arm that is not compared yet is not known yet."""
    return verdicts.get(arm, "control" if arm == grid["control"] else "inconclusive")


def _axis(knobs: Sequence[Mapping[str, Any]]) -> tuple[list[float], bool]:
    """The ends of what was searched, and whether the axis is logarithmic: a list that spans a decade is read as one."""
    ranges = [(knob["low"], knob["high"]) if knob["kind"] == "range" else _ends(knob["values"]) for knob in knobs]
    log = any(knob.get("log") or (knob["kind"] == "list" and 0 < 10 * low <= high)
              for knob, (low, high) in zip(knobs, ranges, strict=True))  # fmt: skip
    return sorted({end for pair in ranges for end in pair}), log and all(low > 0 for low, _ in ranges)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _curve(arm: Mapping[str, Any], key: str, tuning: Mapping[str, Any], verdict: str) -> plots.Curve:
    compared = [each["number"] for each in whole(arm, tuning)]
    tried = []
    for each in arm["configurations"]:
        value = number(each["params"].get(key))
        if value is None:
            continue
        fate: plots.Fate = "lost" if is_lost(each) else "stopped" if each["stopped"] else ""
        runs = tuple(values_of(each)) if each["rung"] == tuning["steps"] else ()
        mean = each["mean"] if each["number"] in compared else None
        tried.append(plots.Tried(value, mean, runs, fate, each["number"] == arm["winner"]))
    tried.sort(key=lambda each: each.value)
    return plots.Curve(arm["name"], verdict, tuple(tried), _through(arm, tried, tuning["direction"] == "higher"))


def _through(arm: Mapping[str, Any], tried: Sequence[plots.Tried], higher: bool) -> tuple[plots.Tried, ...]:
    """What a line goes through: the best of each value; none where every value was tried once, among other keys."""
    best: dict[float, tuple[float, plots.Tried]] = {}
    known = [(each.mean, each) for each in tried if each.mean is not None]
    for mean, each in known:
        loss = -mean if higher else mean
        if each.value not in best or loss < best[each.value][0]:
            best[each.value] = loss, each
    one = sum(knob["kind"] != "follows" for knob in arm["space"].values()) == 1
    return tuple(each for _, each in best.values()) if one or len(best) < len(known) else ()


def _several(curve: plots.Curve) -> bool:
    """Whether the line leaves out configurations that could be compared."""
    return len(curve.through) < sum(tried.mean is not None for tried in curve.tried)


def _winners(grid: Mapping[str, Any], tuning: Mapping[str, Any]) -> Table:
    changes, found = declared_changes(grid), []
    for arm in tuning["arms"]:
        best = won(arm, tuning)
        if best is not None:
            said = {"arm": arm["name"], "changes": changes.get(arm["name"]), "tuned": assigned(best.tried["params"])}
            edges = ", ".join(f"{edge['key']} {edge['end']}" for edge in arm["edges"])
            found.append({**said, "behind": best.behind, "edge": edges or "no", **_spread(best.tried)})
    places = decimals(row["sd"] for row in found)
    makers = (
        words("arm", "arm"),
        words("changes", "changes"),
        words("tuned to", "tuned"),
        numbers("mean", "mean", _figure("mean", places)),
        numbers("sd", "sd", _figure("sd", places)),
        numbers("next best", "behind", lambda row: figure(row["behind"], places, sign=True)),
        words("edge", "edge"),
    )
    note = "Next best: how much worse the best other configuration is at the same budget."
    return table("What won the tuning of each arm", makers, found, note)


def _efforts(tuning: Mapping[str, Any]) -> Table:
    rows = [{**vars(each), "seeds": len(each.seeds)} for each in efforts(tuning)]
    makers = (
        words("arm", "arm"),
        *(numbers(name, name, _count(name)) for name in ("configurations", "ended", "seeds", "trials")),
        *(numbers(name, key, _magnitude(key)) for name, key in (("steps", "steps"), ("FLOPs", "flops"))),
        numbers("seconds", "seconds", _magnitude("seconds")),
        *(numbers(name, name, _count(name)) for name in ("lost", "stopped")),
    )
    note = "Lost: a seed diverged or failed. Stopped: by pruning."
    return table("What each arm's tuning got", makers, rows, note)


def _configurations(tuning: Mapping[str, Any], rows: Sequence[tuple[Row, Row]]) -> Table:
    made = [
        {"arm": arm["name"], "number": tried["number"], "values": assigned(tried["params"]), "rung": tried["rung"],
         "n": tried["n"], "fate": _fate(arm, tried), **_spread(tried)}
        for arm, tried in rows
    ]  # fmt: skip
    places = decimals(row["sd"] for row in made)
    makers = (
        words("arm", "arm"),
        numbers("number", "number", _count("number")),
        words("values", "values"),
        numbers("steps", "rung", _count("rung")),
        numbers("n", "n", _count("n")),
        numbers("mean", "mean", _figure("mean", places)),
        numbers("sd", "sd", _figure("sd", places)),
        (Column("", number=False), lambda row: Cell(row["fate"] or DASH)),
    )
    return table(f"Every configuration: {with_unit(tuning['metric'])}, tuning split", makers, made)


def _fate(arm: Row, tried: Row) -> str:
    states = [trial["state"] for trial in tried["trials"]]
    said = [f"{states.count(state)} {state}" for state in ("diverged", "failed", "missing") if state in states]
    return ", ".join(["won"] * (tried["number"] == arm["winner"]) + said + ["stopped early"] * tried["stopped"])


def _spread(tried: Row) -> dict[str, float | None]:
    return {"mean": tried["mean"], "sd": tried["sd"]}


def _figure(key: str, places: int) -> Callable[[Row], str]:
    return lambda row: figure(row[key], places)


def _count(key: str) -> Callable[[Row], str]:
    return lambda row: str(row[key])


def _magnitude(key: str) -> Callable[[Row], str]:
    return lambda row: magnitude(row[key])
