"""The tables about arms: effects, seed variance, cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinker.report.html.cells import Table, numbers, table, verdict, words
from tinker.report.html.wording import figure, interval, known, with_unit
from tinker.report.numbers import decimals, magnitude, percent, probability, ratio
from tinker.report.rented import dollars
from tinker.report.view import Row
from tinker.stats.rule import Rule


def effects(rows: Sequence[Row], rule: Rule) -> Table:
    """`rows` are the comparisons of the rule's metric, the control first."""
    places = decimals(row["sd"] for row in rows)
    adjusted = "adjusted p" if rule.correction == "holm" or rule.looks else "p"
    return table(
        f"Effect on {with_unit(rule.metric)}",
        (
            words("arm", "arm"),
            numbers("effect", "difference", lambda r: figure(r["difference"], places, sign=True)),
            numbers(f"{percent(1 - rule.alpha)} interval", "low", _range("low", "high", places, sign=True)),
            numbers(adjusted, "p_adjusted", lambda r: probability(r["p_adjusted"])),
            verdict(),
            numbers("n", "n", lambda r: str(r["n"]) if r["n"] == r["n_planned"] else f"{r['n']} of {r['n_planned']}"),
            numbers("mean", "mean", lambda r: figure(r["mean"], places)),
            numbers("sd", "sd", lambda r: figure(r["sd"], places)),
        ),
        rows,
        f"Effect: mean of the arm minus mean of the control; {rule.direction} is better.",
    )


def sizes(rows: Sequence[Row]) -> Table:
    """The same effects against the noise of seeds, and by other tests."""
    places = decimals(row["sd"] for row in rows)
    return table(
        "Effects against the noise of seeds, and by other tests",
        (
            words("arm", "arm"),
            numbers("Hedges g", "hedges_g", _with_range("hedges_g", "g_low", "g_high", 2, sign=True)),
            numbers("P(better)", "probability_better", lambda r: figure(r["probability_better"], 2)),
            numbers("sd ratio", "sd_ratio", _with_range("sd_ratio", "sd_ratio_low", "sd_ratio_high", 2)),
            numbers("Dunnett interval", "dunnett_low", _range("dunnett_low", "dunnett_high", places, sign=True)),
            numbers("Dunnett p", "p_dunnett", lambda r: probability(r["p_dunnett"])),
            numbers("paired p", "p_paired", lambda r: probability(r["p_paired"])),
            numbers("rho", "rho", lambda r: figure(r["rho"], 2)),
            numbers("e-value", "e_value", lambda r: magnitude(r["e_value"])),
        ),
        rows,
    )


def spreads(rows: Sequence[Row], metric: str, limit: float) -> Table:
    """Seed variance; `limit` is the rule's largest sd as a part of the mean."""
    places = decimals(row["sd"] for row in rows)
    parted = [{**row, "cv": variation(row)} for row in rows]
    return table(
        f"Seed variance of {metric}",
        (
            words("arm", "arm"),
            numbers("sd", "sd", lambda r: figure(r["sd"], places)),
            numbers("95 % interval", "sd_low", _range("sd_low", "sd_high", places)),
            numbers("cv", "cv", lambda r: f"{100 * r['cv']:.2f} %"),
            numbers("lowest", "min", lambda r: figure(r["min"], places)),
            numbers("highest", "max", lambda r: figure(r["max"], places)),
            numbers("n", "n", lambda r: str(r["n"])),
            numbers(f"over {percent(limit)}", "cv", lambda r: "yes" if r["cv"] > limit else "no"),
        ),
        parted,
    )


def variation(row: Row) -> float | None:
    """sd over mean; from the columns where an older table has none of its own."""
    if row["cv"] is not None or row["sd"] is None or not row["mean"]:
        return None if row["cv"] is None else float(row["cv"])
    return abs(float(row["sd"] / row["mean"]))


def costs(rows: Sequence[Row]) -> Table:
    """Size, speed and memory."""
    packed = any(row["packed"] for row in rows)
    other = [
        key
        for key in ("trainable_params", "active_params")
        if any(row[key] not in (None, row["params"]) for row in rows)
    ]
    about = {"trainable_params": "trained", "active_params": "met by a token"}
    notes = ["\N{MULTIPLICATION SIGN}: over the control's."]
    notes += ["* trials shared their machine, so such a speed is not the arm's own."] if packed else []
    paid = any(row["usd"] is not None for row in rows)
    notes += ["USD: its share of all that the rented machines cost, boot and idle time too."] if paid else []
    return table(
        "Size and cost",
        (
            words("arm", "arm"),
            numbers("parameters", "params", lambda r: magnitude(r["params"])),
            *(numbers(about[key], key, _magnitude(key)) for key in other),
            numbers("\N{MULTIPLICATION SIGN} params", "params_ratio", lambda r: known(ratio(r["params_ratio"]))),
            numbers("FLOPs/token", "flops_per_token", lambda r: magnitude(r["flops_per_token"])),
            numbers("\N{MULTIPLICATION SIGN} FLOPs", "flops_ratio", lambda r: known(ratio(r["flops_ratio"]))),
            numbers("tokens/s", "tokens_per_s", lambda r: magnitude(r["tokens_per_s"]) + "*" * r["packed"]),
            numbers("seconds", "seconds", lambda r: magnitude(r["seconds"]) + "*" * r["packed"]),
            numbers("accelerator memory", "peak_mem_bytes", lambda r: magnitude(r["peak_mem_bytes"]) + "B"),
            numbers("memory", "rss_bytes", lambda r: magnitude(r["rss_bytes"]) + "B"),
            *([numbers("USD", "usd", lambda r: dollars(r["usd"]))] if paid else []),
        ),
        rows,
        " ".join(notes),
    )


def at_equal_cost(rows: Sequence[Row], metric: str) -> Table:
    """The effect had all runs stopped at the cost of the cheapest."""
    places = decimals(row["sd"] for row in rows)
    return table(
        f"Effect on {metric} at equal cost",
        (
            words("arm", "arm"),
            *(
                numbers(f"at equal {what}", key, _with_range(key, f"{key}_low", f"{key}_high", places, sign=True))
                for what, key in (("FLOPs", "difference_equal_flops"), ("seconds", "difference_equal_seconds"))
            ),
            numbers("per % of parameters", "difference_per_percent_params",
                    lambda r: figure(r["difference_per_percent_params"], places + 1, sign=True)),
        ),
        [row for row in rows if not row["is_control"]],
        "Read off the learning curves at the cost of the cheapest run. The others have not finished their schedule"
        " there, so this is hard on whatever costs more.",
    )  # fmt: skip


def _magnitude(key: str) -> Callable[[Row], str]:
    return lambda row: known(magnitude(row[key]))


def _range(low: str, high: str, places: int, *, sign: bool = False) -> Callable[[Row], str]:
    return lambda row: interval(row[low], row[high], places, sign=sign)


def _with_range(key: str, low: str, high: str, places: int, *, sign: bool = False) -> Callable[[Row], str]:
    def shown(row: Row) -> str:
        value = figure(row[key], places, sign=sign)
        return value if row[low] is None else f"{value} {interval(row[low], row[high], places, sign=sign)}"

    return shown
