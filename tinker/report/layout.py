"""The tables of a section: which columns, and numbers as text."""

from __future__ import annotations

from collections.abc import Sequence

from tinker.report.numbers import NONE, decimals, fixed, interval, magnitude, percent, probability, ratio
from tinker.report.rented import dollars
from tinker.report.view import Column, Row, Table
from tinker.stats.rule import Rule

PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def effects(rows: Sequence[Row], rule: Rule) -> Table:
    """The answer: effect and interval lead, p stands third."""
    places = decimals(row["sd"] for row in rows)
    columns = (
        Column("arm", number=False),
        Column("effect"),
        Column("interval" if rule.looks else f"{percent(1 - rule.alpha)} interval"),
        Column("Holm p" if rule.correction == "holm" else "p"),
        Column("verdict", number=False),
        Column("n"),
        Column(f"mean {PLUS_MINUS} sd"),
    )
    cells = tuple(
        (
            row["arm"],
            fixed(row["difference"], places, sign=True),
            interval(row["low"], row["high"], places, sign=True),
            probability(row["p_adjusted"]),
            row["verdict"],
            _count(row),
            _mean(row, places),
        )
        for row in rows
    )
    note = "effect = mean of the arm - mean of the control; n = seeds with a value, of those planned"
    if rule.looks:
        note += f"; intervals hold at all looks together, {percent(1 - rule.alpha)}"
    return Table(f"Effect on {rule.metric}", columns, cells, tuple(row["verdict"] for row in rows), note)


def skills(rows: Sequence[Row], arms: Sequence[str]) -> Table:
    """Excess over the floor on each skill: where an arm gains or loses."""
    names = list(dict.fromkeys(row["metric"] for row in rows))
    by_place = {(row["arm"], row["metric"]): row for row in rows}
    places = decimals(row["sd"] for row in rows)
    columns = (Column("arm", number=False), *(Column(name.removeprefix("excess_")) for name in names))
    cells = tuple((arm, *(_mean(by_place[arm, name], places) for name in names)) for arm in arms)
    note = f"mean {PLUS_MINUS} sd over seeds; 0 is a perfect model. For orientation: only the rule's metric is tested"
    return Table("Excess over the floor per skill, nats/token", columns, cells, (None,) * len(cells), note)


def costs(rows: Sequence[Row]) -> Table:
    """What each arm is and costs, beside the control."""
    packed, paid = any(row["packed"] for row in rows), any(row["usd"] is not None for row in rows)
    columns = (
        Column("arm", number=False),
        Column("params"),
        Column("ratio"),
        Column("FLOPs/token"),
        Column("ratio"),
        Column("tokens/s"),
        Column("s/trial"),
        Column("memory"),
        *([Column("USD")] * paid),
        Column("failures", number=False),
    )
    cells = tuple(
        (
            row["arm"],
            magnitude(row["params"]),
            ratio(row["params_ratio"]),
            magnitude(row["flops_per_token"]),
            ratio(row["flops_ratio"]),
            magnitude(row["tokens_per_s"]) + ("*" if row["packed"] and row["tokens_per_s"] is not None else ""),
            magnitude(row["seconds"]),
            _bytes(row),
            *([dollars(row["usd"])] * paid),
            _failures(row),
        )
        for row in rows
    )
    note = "ratio: over the control's" + ("; * trials shared their machine: such a speed is not the arm's" * packed)
    note += "; USD: its share of all that the rented machines cost" * paid
    return Table("Size, cost and failures", columns, cells, (None,) * len(cells), note)


def _mean(row: Row, places: int) -> str:
    mean = fixed(row["mean"], places)
    return mean if row["sd"] is None else f"{mean} {PLUS_MINUS} {fixed(row['sd'], places)}"


def _count(row: Row) -> str:
    return str(row["n"]) if row["n"] == row["n_planned"] else f"{row['n']} of {row['n_planned']}"


def _bytes(row: Row) -> str:
    size = row["rss_bytes"] if row["peak_mem_bytes"] is None else row["peak_mem_bytes"]
    return NONE if size is None else f"{magnitude(size)}B"


def _failures(row: Row) -> str:
    counts = ((row["n_diverged"], "diverged"), (row["n_failed"], "failed"))
    return ", ".join(f"{count} {what}" for count, what in counts if count) or NONE
