"""The page on a tuning: a plot for each searched key, with words, nothing outside it and nothing over anything else."""

from __future__ import annotations

import json
import re
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from tests.report.html.test_browser import BROWSER, CASES, COMMAND, MEASURE
from tests.report.html.test_page import Page
from tests.tables.made_up import finish, grid, save
from tests.tables.made_up_tuning import BEST, RATES, tuned
from tinker.report.api import make_report, render

MORE = {"a-good-arm-with-a-long-name-indeed": (1e-3, 1.0, 1.89), "late": (3e-3, 1.0, 1.905)}


def _page(folder: Path, arms: dict[str, Any], done: int | None = None, change: Any = None) -> str:
    made = tuned(grid(dict.fromkeys(arms, range(3))), arms, done)
    if change is not None:
        change(made["tuning"])
    save(folder, made)
    for arm, (_, _, loss) in arms.items() if done is None else ():
        for seed in range(3):
            finish(folder, arm, seed, val_loss=loss + 0.001 * seed)
    return render(make_report(folder, "made-up"), "html")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _page(tmp_path_factory.mktemp("tuned"), {**BEST, **MORE})


def _plot(text: str, key: str = "optimizer.lr") -> str:
    found = re.search(
        rf'<svg class="plot"[^>]*><title[^>]*>[^<]* against {re.escape(key)}</title>.*?</desc>(.*?)</figure>', text
    )
    assert found, f"no plot of {key}"
    return found[1]


def test_it_is_well_formed_with_words_for_the_plot(page: str) -> None:
    read = Page(page)
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert all({"title", "desc"} <= inside for inside in read.images)
    assert (
        "bad: 5 tried, 2 diverged or failed; 0.0001 1.9738, 0.0003 1.9510, 0.001 1.9783; best at optimizer.lr 0.0003."
        in page
    )


def test_a_curve_and_a_winner_for_each_arm_in_the_colour_of_its_verdict(page: str) -> None:
    plot = _plot(page)
    assert plot.count("<polyline") == plot.count('href="#m-won"') == len(BEST) + len(MORE)
    assert re.findall(r'class="curve (\w+)"', plot) == ["control", "keep", "drop", *_kinds(page)]
    assert plot.count('href="#m-cross"') == 3
    assert plot.count('href="#m-seed"') >= 2 * (len(BEST) + len(MORE)) * 3
    assert [name for name in ("baseline-v0", "good", "bad", "late") if f">{name}</text>" not in plot] == []


def _kinds(page: str) -> list[str]:
    """Of the arms of `MORE`, as the table of effects colours them."""
    rows = dict(re.findall(r'<th scope="row"[^>]*>([\w-]+)</th>.*?class="verdict (\w+)"', page))
    return [rows[arm] for arm in MORE]


def test_the_axis_of_rates_is_logarithmic(page: str) -> None:
    ticks = re.findall(r'class="tick"[^>]*>([\d.]+)</text>', _plot(page))
    assert ticks[-3:] == ["0.0001", "0.001", "0.01"]


def test_several_keys_are_several_panels_and_a_line_goes_through_the_best_of_each_value(tmp_path: Path) -> None:
    def second_key(tuning: dict[str, Any]) -> None:
        for arm in tuning["arms"]:
            arm["space"]["model.dropout"] = {"kind": "list", "values": [0.0, 0.1]}
            for tried in arm["configurations"]:
                tried["params"]["model.dropout"] = 0.1 * (tried["number"] % 2)

    text = _page(tmp_path, BEST, change=second_key)
    assert _plot(text, "optimizer.lr").count("<polyline") == 0  # each rate was tried once, among other values
    points = re.findall(r'<polyline points="([^"]*)"', _plot(text, "model.dropout"))
    assert [len(line.split()) for line in points] == [2, 2, 2]
    assert "the best of each value, where other values were tuned too" in text


def test_what_was_stopped_early_is_marked_and_not_drawn_at_its_loss(tmp_path: Path) -> None:
    def stop(tuning: dict[str, Any]) -> None:
        tuning["arms"][1]["configurations"][1] |= {"rung": 50, "stopped": True}
        for trial in tuning["arms"][1]["configurations"][1]["trials"]:
            trial.update(rung=50, steps=50, value=9.0)

    plot = _plot(_page(tmp_path, BEST, change=stop))
    assert plot.count('href="#m-stop"') == 1
    lines = [len(points.split()) for points in re.findall(r'<polyline points="([^"]*)"', plot)]
    assert lines == [4, len(RATES) - 1, 3]


@pytest.mark.parametrize("done", [0, 1, 4])
def test_half_way_there_is_a_page_with_what_is_known(tmp_path: Path, done: int) -> None:
    text = _page(tmp_path, BEST, done)
    assert Page(text).open == []
    assert "The tuning is not complete".lower() in text
    assert 'href="#m-won"' not in text
    assert "What decides" not in text


def test_two_hundred_arms_are_a_page_that_says_what_it_leaves_out(tmp_path: Path) -> None:
    arms = {"baseline-v0": BEST["baseline-v0"], **{f"arm-{k}": (1e-3, 1.0, 1.9) for k in range(250)}}
    save(tmp_path, tuned(grid(dict.fromkeys(arms, range(1))), arms, done=4))
    text = render(make_report(tmp_path, "made-up"), "html")
    assert len(text) < 2_000_000
    assert "Drawn for the first 24 arms; 227 more are in tuning.parquet." in text
    assert "255 more are in tuning.parquet" in text


def test_nothing_is_cut_or_overlaps_on_a_phone_and_on_a_desk(page: str, tmp_path: Path) -> None:
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on PATH")
    text = escape(page)
    frames = [f'<iframe srcdoc="{text}" style="border:0;width:{w}px;color-scheme:{s}"></iframe>' for w, s in CASES]
    script = f'<script>addEventListener("load", () => {{{MEASURE}}});</script>'
    (tmp_path / "outer.html").write_text(f"<!doctype html><body>{''.join(frames)}{script}", encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "--dump-dom", f"--user-data-dir={tmp_path / 'profile'}", (tmp_path / "outer.html").as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    match = re.search("FOUND(.*)END", done.stdout, re.DOTALL)
    assert match, done.stderr
    found = json.loads(unescape(match[1]))
    assert [case["meets"] for case in found] == [[]] * len(CASES)
    assert all(case["body"] <= width for case, (width, _) in zip(found, CASES, strict=True))
