"""The page: well formed, self-contained, with words for every plot, and nothing in it that it did not write."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.tables.made_up import finish, grid, save
from tinker.report.api import make_report, render
from tinker.report.html.verdicts import ADVICE
from tinker.stats.verdict import Word

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Tags that are open, all ids, and for each image the elements inside it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.images: list[set[str]] = []
        self.loads: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen(tag, dict(attrs))

    def _seen(self, tag: str, attrs: dict[str, str | None]) -> None:
        if attrs.get("role") == "img":
            self.images.append(set())
        if self.images and "svg" in self.open:
            self.images[-1].add(tag)
        self.ids += [attrs["id"]] if attrs.get("id") else []
        self.loads += [v for k in ("src", "href") if (v := attrs.get(k)) and not v.startswith("#")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _page(results: Path) -> str:
    return render(make_report(results, "made-up"), "html")


def _grid(results: Path, arms: dict[str, float], seeds: int = 3, points: int = 1, **changes: Any) -> str:
    save(results, grid(dict.fromkeys(arms, range(seeds)), **changes))
    for arm, mean in arms.items():
        for seed in range(seeds):
            finish(results, arm, seed, points=points, val_loss=mean + 0.001 * seed, excess_recall=mean - 1.5)
    return _page(results)


def test_is_well_formed_with_unique_ids_words_for_every_plot_and_nothing_to_load(tmp_path: Path) -> None:
    page = Page(_grid(tmp_path, {"baseline-v0": 1.9, "good": 1.8, "bad": 2.0}))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert len(page.images) >= 4
    assert all({"title", "desc"} <= inside for inside in page.images)
    assert page.loads == []


def test_tells_first_and_in_plain_words_which_arms_to_keep(tmp_path: Path) -> None:
    text = _grid(tmp_path, {"baseline-v0": 1.9, "good": 1.8, "bad": 2.0})
    top = text[text.index("<main>") : text.index("What decides")]
    assert "p-value" not in top
    assert top.index("Keep</dt><dd>good") < top.index("Drop</dt><dd>bad")


def test_escapes_what_it_did_not_write(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\"'{{ 7 * 7 }}"
    text = _grid(tmp_path, {"baseline-v0": 1.9, hostile: 1.8}, question=hostile, hypothesis=hostile)
    assert text.count("<script>") == 1
    assert "{{ 7 * 7 }}" in text
    assert Page(text).open == []


def test_same_input_same_bytes(tmp_path: Path) -> None:
    assert _grid(tmp_path, {"baseline-v0": 1.9, "good": 1.8}) == _page(tmp_path)


@pytest.mark.parametrize("arms", [{"baseline-v0": 1.9}, {"baseline-v0": 1.9, "one": 1.8}])
@pytest.mark.parametrize("seeds", [1, 2])
def test_few_arms_and_seeds_are_a_page(tmp_path: Path, arms: dict[str, float], seeds: int) -> None:
    assert Page(_grid(tmp_path, arms, seeds)).open == []


def test_nothing_finished_is_a_page(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": [0, 1], "rotary": [0, 1]}))
    text = _page(tmp_path)
    assert Page(text).open == []
    assert "planned, and not run" in text


def test_a_diverged_run_is_listed(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": range(3), "rotary": range(3)}))
    for seed in range(3):
        finish(tmp_path, "baseline-v0", seed, val_loss=2.0 + 0.1 * seed)
        finish(tmp_path, "rotary", seed, val_loss=math.nan if seed else 1.9, status="diverged" if seed else "done")
    text = _page(tmp_path)
    assert Page(text).open == []
    assert "2 of 3 without a value" in text


def test_every_verdict_has_its_advice() -> None:
    assert set(get_args(Word)) - {"control"} <= set(ADVICE)
