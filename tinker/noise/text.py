"""The noise of some runs for a terminal, in at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tinker.noise.analyse import FEWEST, Noise
from tinker.noise.floor import SIZES
from tinker.noise.rates import SIDES, Rate
from tinker.noise.splits import MOST
from tinker.report.numbers import decimals, fixed

WIDTH = 100
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def text(noise: Noise) -> str:
    """Lines that end with a newline."""
    parts = [_heading(noise), _floor(noise)]
    if noise.floor.sd == 0.0:
        parts.append(
            ["All runs agree to the last digit: the seed does not reach the training, or values were rounded."]
        )
    else:
        parts += [_chance(noise), _rules(noise), _needed(noise)]
    lines = [line for part in parts for line in (*part, "")]
    return "".join(f"{folded.rstrip()}\n" for line in lines[:-1] for folded in _folded(line))


def _heading(noise: Noise) -> list[str]:
    runs = noise.runs
    lost = {"diverged": runs.n_diverged, "failed": runs.n_failed, "unfinished": runs.n_unfinished}
    said = [f"{count} of {runs.n_planned} runs {what}" for what, count in lost.items() if count]
    head = f"Noise of {runs.arm} ({runs.grid}: {runs.corpus}, scale {runs.scale})"
    about = f"{runs.metric} of {len(runs.values)} runs that differ in their seed alone"
    left = [f"Not in these figures: {', '.join(said)}."] if said else []
    return [head, about, *left, *(f"Mind: {note}." for note in runs.notes)]


def _floor(noise: Noise) -> list[str]:
    floor = noise.floor
    places = decimals([floor.sd])
    low, high = fixed(floor.sd_low, places), fixed(floor.sd_high, places)
    cv = "" if floor.cv is None else f" = {100 * floor.cv:.2g} % of the mean"
    return [
        f"  mean   {fixed(floor.mean, places)}",
        f"  sd     {fixed(floor.sd, places)}{cv}; {low} to {high} are possible (95 % interval)",
        f"  range  {fixed(floor.least, places)} to {fixed(floor.most, places)}",
    ]


def _chance(noise: Noise) -> list[str]:
    places = decimals([noise.floor.sd])
    rows = [
        ["seeds per arm", *map(str, SIZES)],
        ["difference", *(fixed(noise.floor.chance[size], places) for size in SIZES)],
    ]
    return ["Two equal arms differ by less than this in 95 of 100 comparisons", *_table(rows, ruled=False)]


def _rules(noise: Noise) -> list[str]:
    n = len(noise.runs.values)
    if n < FEWEST:
        return [f"{n} runs are too few to be split into two arms of two; {noise.more}"]
    by_place = {(rate.thumb.said, rate.n_arm, rate.n_control): rate for rate in noise.rates}
    sides = [side for side in SIDES if any(rate.n_arm == side for rate in noise.rates)]
    said = list(dict.fromkeys(rate.thumb.said for rate in noise.rates if rate.thumb.sizes is None))
    heads = [cell for side in sides for cell in (f"{side} seeds", "normal")]
    rows = [["rule", *heads]]
    rows += [[name, *(cell for side in sides for cell in _cells(by_place[name, side, side]))] for name in said]
    lines = [
        f"How often a rule sees an effect between these runs and themselves, in % (alpha {noise.runs.alpha:g})",
        *_table(rows),
    ]
    fixed_size = [rate for rate in noise.rates if rate.thumb.sizes is not None]
    lines += _table([[rate.thumb.said, *_cells(rate)] for rate in fixed_size], ruled=False)
    return [*lines, *_small_print(noise)]


def _cells(rate: Rate) -> tuple[str, str]:
    error = "" if rate.error is None else f" {PLUS_MINUS}{100 * rate.error:.1f}"
    return f"{100 * rate.rate:.1f}{error}", f"{100 * rate.normal:.1f}"


def _small_print(noise: Noise) -> list[str]:
    sized = {rate.n_arm: rate for rate in noise.rates if rate.thumb.sizes is None}
    counted = [f"{rate.splits:,}{'' if rate.exact else ' random'} splits into {n} and {n}" for n, rate in sized.items()]
    apart = " and ".join(str(rate.apart) for rate in sized.values())
    lines = [
        f"{'; '.join(counted)}. They overlap: at most {apart} have no run in common. {PLUS_MINUS} is a standard"
        " error for further runs, by leaving out one run after the other, where there are two such splits or more."
        " normal: the rate where noise is normal."
    ]
    if any(not rate.exact for rate in sized.values()):
        lines[0] += f" Of more than {MOST:,} splits so many are drawn, by a fixed generator."
    return lines


def _needed(noise: Noise) -> list[str]:
    floor = noise.floor
    places = decimals([floor.sd])
    upper = f"at {floor.sd_upper / floor.sd:.2g}x sd"
    heads = ["true effect", noise.runs.metric, "of mean"]
    for family in noise.families:
        who = "1 arm" if family == 1 else f"{family} arms"
        heads += [who, upper]
    rows = [heads]
    for row in noise.needed:
        name = f"min_effect = {row.in_sd:.2g} sd" if row.is_min_effect else f"{row.in_sd:g} sd"
        counts = [_count(seeds) for family in noise.families for seeds in row.seeds[family]]
        share = "-" if row.share is None else f"{100 * row.share:.2g} %"
        rows.append([name, fixed(row.effect, places), share, *counts])
    corrected = f", Holm over {noise.families[-1]} arms" if len(noise.families) > 1 else ""
    lines = ["Seeds per arm that find an effect four times out of five", *_table(rows)]
    lines.append(
        f"Two-sided Welch test, alpha {noise.runs.alpha:g}{corrected}, as many seeds for the control. The sd is"
        f" estimated from {floor.n} runs and may be larger: {upper} is its upper 80 % limit, the one to plan with."
    )
    return lines


def _count(seeds: int | None) -> str:
    return "-" if seeds is None else f"{seeds:,}"


def _table(rows: Sequence[Sequence[str]], *, ruled: bool = True) -> list[str]:
    """The first column to the left, numbers to the right; a rule below the headings."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        numbers = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  " + "  ".join([first.ljust(widths[0]), *numbers]))
    return [lines[0], "  " + "-" * (len(lines[0]) - 2), *lines[1:]] if ruled else lines


def _folded(line: str) -> list[str]:
    """Sentences wrap; tables are narrow enough."""
    return textwrap.wrap(line, WIDTH) if len(line) > WIDTH and not line.startswith("  ") else [line]
