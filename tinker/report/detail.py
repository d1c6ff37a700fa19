"""The tables for those who want to know more: how large against the noise, how noisy, at what cost."""

from __future__ import annotations

from collections.abc import Sequence

from tinker.report.numbers import NONE, decimals, fixed, interval, percent, probability
from tinker.report.view import Column, Row, Table


def against_noise(rows: Sequence[Row]) -> Table:
    """Effects in units of the noise, and the noise of each arm."""
    columns = (
        Column("arm", number=False),
        Column("Hedges g"),
        Column("95 % interval"),
        Column("P(better)"),
        Column("sd ratio"),
        Column("95 % interval"),
        Column("sd/mean"),
        Column("Dunnett p"),
    )
    cells = tuple(
        (
            row["arm"],
            fixed(row["hedges_g"], 1, sign=True),
            interval(row["g_low"], row["g_high"], 1, sign=True),
            fixed(row["probability_better"], 2),
            fixed(row["sd_ratio"], 2),
            interval(row["sd_ratio_low"], row["sd_ratio_high"], 2),
            NONE if row["cv"] is None else percent(float(f"{row['cv']:.2g}")),
            probability(row["p_dunnett"]),
        )
        for row in rows
    )
    note = (
        "g: effect in sd between seeds; P(better): how often a run of the arm beats one of the control; sd ratio: over"
        " the control's; Dunnett takes all sds for equal"
    )
    return Table("Effect against the noise of seeds", columns, cells, (None,) * len(cells), note)


def at_equal_cost(rows: Sequence[Row]) -> Table | None:
    """Effects had all runs stopped at the same cost; None where no arm can be told."""
    kinds = ("difference_equal_flops", "difference_equal_seconds")
    shown = [row for row in rows if any(row[k] is not None for k in (*kinds, "difference_per_percent_params"))]
    if not shown:
        return None
    places = decimals(row["sd"] for row in rows)
    columns = (
        Column("arm", number=False),
        Column("at equal FLOPs"),
        Column("interval"),
        Column("at equal seconds"),
        Column("interval"),
        Column("per 1 % parameters"),
    )
    cells = tuple(
        (
            row["arm"],
            *(
                text
                for kind in kinds
                for text in (
                    fixed(row[kind], places, sign=True),
                    interval(row[f"{kind}_low"], row[f"{kind}_high"], places, sign=True),
                )
            ),
            fixed(row["difference_per_percent_params"], places + 1, sign=True),
        )
        for row in shown
    )
    note = (
        "read off the learning curves at the cost of the cheapest run, where the others' schedules have not ended: hard"
        " on the costlier side"
    )
    return Table("Effect at equal cost", columns, cells, (None,) * len(cells), note)
