"""The colours of the page: text can be read on its paper, in light and dark and on printed paper."""

from __future__ import annotations

import re
from itertools import product

import pytest

from tinker.report.html.page import ASSETS

CSS = (ASSETS / "style.css").read_text(encoding="utf-8")
#: Of the text; verdicts are written in the colours of their kind.
WRITTEN = ("ink", "soft", "keep", "drop", "same", "unknown", "odd")
#: A tick's text may stand on a plot's strip or band.
ON_PLOTS = ("ink", "soft")
#: Least contrast of text, and of what a reader must see to understand a plot (WCAG 2.2, 1.4.3 and 1.4.11, level AA).
TEXT, MARK = 4.5, 3.0


def _schemes() -> dict[str, dict[str, str]]:
    """The variables of each block of them; a later one changes the first."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(blocks) == 3
    light, dark, paper = (dict(re.findall(r"--(\w+): #([0-9a-f]{6});", block)) for block in blocks)
    return {"light": light, "dark": light | dark, "print": light | paper}


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definition)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21.0)
    assert contrast("777777", "ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_text_can_be_read(scheme: str) -> None:
    colours = _schemes()[scheme]
    pairs = [*product(WRITTEN, ["paper"]), *product(ON_PLOTS, ["strip", "band"])]
    found = {pair: round(contrast(colours[pair[0]], colours[pair[1]]), 2) for pair in pairs}
    assert {pair: value for pair, value in found.items() if value < TEXT} == {}


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_marks_are_seen_on_strip_and_band(scheme: str) -> None:
    colours = _schemes()[scheme]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in product(WRITTEN[1:], ["strip", "band"])}
    assert {pair: value for pair, value in found.items() if value < MARK} == {}


def test_every_colour_of_a_rule_is_a_variable_that_there_is() -> None:
    used = set(re.findall(r"var\(--(\w+)\)", CSS))
    assert used - {"sans", "mono"} <= _schemes()["light"].keys()
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", rules)
