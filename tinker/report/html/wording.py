"""Texts and numbers as the page shows them."""

from __future__ import annotations

from markupsafe import Markup, escape

from tinker.report.numbers import NONE, fixed
from tinker.tables.trial_columns import METRICS

MINUS, PLUS_MINUS, DASH = "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}", "\N{EN DASH}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
UNITS = {"tokens_per_s": "tokens/s", "seconds": "s", "peak_mem_bytes": "bytes", "rss_bytes": "bytes"}


def prose(text: str) -> Markup:
    """A sentence of the report with `code` set as code; all else in it is escaped."""
    parts = str(text).replace("+-", PLUS_MINUS).split("`")
    if len(parts) % 2 == 0:  # a backtick without a partner is only a character
        return escape(text)
    return Markup("").join(Markup("<code>{}</code>").format(p) if k % 2 else p for k, p in enumerate(parts))


def sentence(text: str) -> Markup:
    """With a capital and a full stop; `code` in it set as code."""
    return prose(f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}")


def beginning(text: str, room: int) -> str:
    """Of a text of any length, at most so many characters."""
    return text if len(text) <= room else text[:room] + ELLIPSIS


def figure(value: float | None, places: int, *, sign: bool = False) -> str:
    """A number with so many decimals; an en dash for none."""
    return DASH if value is None else fixed(value, places, sign=sign).replace("-", MINUS)


def interval(low: float | None, high: float | None, places: int, *, sign: bool = False) -> str:
    """`[low, high]`; an en dash where an end is not known."""
    if low is None or high is None:
        return DASH
    return f"[{figure(low, places, sign=sign)}, {figure(high, places, sign=sign)}]"


def known(text: str) -> str:
    """What `tinker.report.numbers` wrote, with the page's signs for nothing and for times."""
    return DASH if text == NONE else text.replace("x", "\N{MULTIPLICATION SIGN}")


def unit(metric: str) -> str:
    """Of a metric, empty where tinker does not know it."""
    if metric in METRICS:
        return METRICS[metric][0]
    return "nats/token" if metric.startswith("excess_") else UNITS.get(metric, "")


def with_unit(metric: str) -> str:
    """`val_loss, nats/token`."""
    return ", ".join(part for part in (metric, unit(metric)) if part)


def many(names: list[str], most: int = 12) -> str:
    """`a, b, c and 20 more`."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
