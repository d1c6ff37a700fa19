"""From grid.json and the store to a report: what it says, for each kind of grid there may be."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from tests.tables.made_up import finish, grid, save
from tinker.errors import UserError
from tinker.report.api import Format, make_report, render
from tinker.report.terminal import STYLES
from tinker.stats.verdict import Word

NOISE = (-0.002, -0.001, 0.0, 0.001, 0.002)
MEANS = {"baseline-v0": 1.9, "rotary": 1.86, "window-8": 1.95, "qk-norm": 1.9003, "linear": 1.907}
SEEDS = range(5)
FORMATS: tuple[Format, ...] = get_args(Format)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid with one arm of each verdict that numbers can give."""
    folder = tmp_path_factory.mktemp("finished")
    save(folder, grid(dict.fromkeys(MEANS, SEEDS)))
    for arm, mean in MEANS.items():
        for seed in SEEDS:
            loss = mean + NOISE[seed] * (5 if arm == "linear" else 1)
            skills = {"excess": loss - 1.8, "excess_recall": loss - 1.6, "excess_nesting": loss - 1.7}
            finish(folder, arm, seed, val_loss=loss, train_loss=loss - 0.1, **skills)
    return folder


@pytest.fixture
def results(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test to change."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def _text(results: Path, format: Format = "table") -> str:
    return render(make_report(results, "made-up"), format)


def test_says_what_is_most_important_first(results: Path) -> None:
    text = _text(results)
    in_order = [
        "Does it help?", "val_loss after the last step", "25 of 25 trials finished",
        "1 better, 1 worse, 1 equivalent, 1 inconclusive", "Effect on val_loss", "In words", "What next",
        "Excess over the floor per skill", "Size, cost and failures",
    ]  # fmt: skip
    places = [text.index(words) for words in in_order]
    assert places == sorted(places)


def test_effect_and_interval_stand_before_p_and_verdict(results: Path) -> None:
    lines = [line for line in _text(results).splitlines() if line.startswith("rotary")]
    assert re.search(
        r"^rotary\s+-0\.0400\s+\[-0\.0423, -0\.0377\]\s+<\.0001\s+better\s+5\s+1\.8600 . 0\.0016$", lines[0]
    )
    assert re.search(r"arm\s+effect\s+95 % interval\s+Holm p\s+verdict", _text(results))


def test_inconclusive_never_reads_as_no_difference(results: Path) -> None:
    for format in ("table", "md"):
        text = " ".join(_text(results, format).replace("\\", "").split())
        assert re.search(r"linear \(\**inconclusive\**\): .*?the true difference may be anything from", text)
        assert 'Inconclusive is not "no difference"' in text
        assert "would decide the arms that noise leaves inconclusive" in text


def test_writes_the_tables_and_the_same_bytes_again(results: Path) -> None:
    make_report(results, "made-up")
    files = {path.name: path.read_bytes() for path in (results / "made-up").glob("*.parquet")}
    assert set(files) == {"trials.parquet", "curves.parquet", "comparisons.parquet", "looks.parquet"}
    make_report(results, "made-up")
    assert {path.name: path.read_bytes() for path in (results / "made-up").glob("*.parquet")} == files


def test_comparisons_hold_the_rows_of_compare_in_full(results: Path) -> None:
    report = make_report(results, "made-up").report
    rows = pq.read_table(results / "made-up" / "comparisons.parquet").to_pylist()
    assert rows == list(report.comparisons)
    rotary = next(row for row in rows if row["arm"] == "rotary" and row["primary"])
    assert rotary["difference"] == pytest.approx(-0.04, abs=1e-12)
    assert rotary["rule_hash"] == "abc"
    assert {row["metric"] for row in rows} == {"val_loss", "train_loss", "excess", "excess_recall", "excess_nesting"}


def test_json_is_the_comparisons_for_programs(results: Path) -> None:
    content = json.loads(_text(results, "json"))
    assert content["trials"] == {"done": 25}
    assert {row["arm"]: row["verdict"] for row in content["comparisons"] if row["primary"]} == {
        "baseline-v0": "control", "rotary": "better", "window-8": "worse", "qk-norm": "equivalent",
        "linear": "inconclusive",
    }  # fmt: skip


@pytest.mark.parametrize("color", [False, True])
def test_fits_its_width_and_cuts_nothing(results: Path, color: bool) -> None:
    for width in (60, 100, 140):
        text = render(make_report(results, "made-up"), "table", width=width, color=color)
        assert ("\x1b[" in text) == color
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert max(map(len, plain.splitlines())) <= width
        assert "\N{HORIZONTAL ELLIPSIS}" not in plain


def test_every_verdict_has_its_color() -> None:
    assert set(STYLES) == set(get_args(Word))


def test_a_grid_without_any_finished_trial_says_so(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": [0, 1], "rotary": [0, 1]}, skipped=["4 trials of gpu: no GPU here"]))
    for format in FORMATS:
        text = _text(tmp_path, format)
        assert "0 of 4 trials finished (4 missing)" in text
        assert "no run of the arm has finished" in text
        assert "not run: 4 trials of gpu: no GPU here" in text


def test_a_control_alone_is_a_report(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": [0]}))
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0)
    assert "control only" in _text(tmp_path)
    assert "In words" not in _text(tmp_path)


def test_one_seed_an_arm_shows_the_difference_and_claims_nothing(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": [0], "rotary": [0]}))
    finish(tmp_path, "baseline-v0", 0, val_loss=2.0)
    finish(tmp_path, "rotary", 0, val_loss=1.9)
    text = _text(tmp_path)
    assert re.search(r"rotary\s+-0\.1000\s+-\s+-\s+cannot reach alpha", text)
    assert "Declare three seeds or more" in text


def test_divergence_and_failure_are_shown(results: Path) -> None:
    save(results, grid(dict.fromkeys(MEANS, range(6))))
    for arm, mean in MEANS.items():
        finish(results, arm, 5, val_loss=math.nan if arm == "rotary" else mean, status="done")
    text = _text(results)
    assert "1 diverged" in text
    assert "rotary (inconclusive): 1 of 6 runs diverged" in text
    assert "seed 5 ended with a value that is not finite" in text


def test_more_seeds_are_not_advised_against_a_divergence(tmp_path: Path) -> None:
    save(tmp_path, grid({"baseline-v0": range(3), "rotary": range(3)}))
    for arm, seed, loss in [
        ("baseline-v0", 0, 2.0),
        ("baseline-v0", 1, 2.1),
        ("baseline-v0", 2, 1.9),
        ("rotary", 0, 2.0),
    ]:
        finish(tmp_path, arm, seed, val_loss=loss)
    finish(tmp_path, "rotary", 1, val_loss=1.9)
    finish(tmp_path, "rotary", 2, val_loss=math.nan, status="diverged")
    (section,) = make_report(tmp_path, "made-up").report.sections
    assert section.findings[0].verdict == "inconclusive"
    assert not any("seeds:" in step for step in section.next_steps)


def test_a_rule_edited_after_results_is_shown(results: Path) -> None:
    content = grid(dict.fromkeys(MEANS, SEEDS))
    late = {**content["rule_history"][0], "hash": "new", "time": "2026-02-02", "results_existed": True}
    save(results, {**content, "rule_hash": "new", "rule_history": [*content["rule_history"], late]})
    text = " ".join(_text(results).split())
    assert "changed on 2026-02-02, when results of the arms existed already: every verdict is exploratory" in text
    assert "4 exploratory" in text


def test_a_metric_that_no_trial_has_is_named(results: Path) -> None:
    content = grid(dict.fromkeys(MEANS, SEEDS))
    save(results, {**content, "decide": {**content["decide"], "metric": "excess_typo"}})
    assert "ended without a value of excess_typo" in " ".join(_text(results).split())


def test_a_rule_that_this_version_does_not_know_is_refused(results: Path) -> None:
    content = grid(dict.fromkeys(MEANS, SEEDS))
    save(results, {**content, "decide": {**content["decide"], "correction": "hope"}})
    with pytest.raises(UserError, match=r"decide\.correction: 'hope' is not known here; allowed: holm, none"):
        make_report(results, "made-up")


def test_two_hundred_arms_make_a_pull_request_comment(tmp_path: Path) -> None:
    arms = {"baseline-v0": [0, 1], **{f"an-arm-with-a-long-name-{k}": [0, 1] for k in range(200)}}
    content = grid(arms)
    save(tmp_path, content)
    text = _text(tmp_path, "md")
    assert len(text) <= 65_000
    assert text.count("an-arm-with-a-long-name-7 ") >= 2
    assert text.splitlines()[-1] == (
        "Too long for here, see comparisons.parquet: Effect against the noise of seeds; Size, cost and failures"
    )


def test_the_users_text_is_not_read_as_markup(results: Path) -> None:
    content: dict[str, Any] = grid(dict.fromkeys(MEANS, SEEDS), question="[bold]a|b <script> @someone #1 `x`\n# no")
    save(results, content)
    assert "[bold]a|b <script> @someone #1 `x`" in _text(results)
    assert r"\[bold\]a\|b \<script\> \@someone \#1 \`x\` \# no" in _text(results, "md")


def test_a_report_needs_neither_torch_nor_ray_nor_lightning(results: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tinker.report.api import make_report, render;"
        f"render(make_report(Path({str(results)!r}), 'made-up'), 'table');"
        "heavy = {'torch', 'ray', 'lightning', 'scipy.stats', 'hydra'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
