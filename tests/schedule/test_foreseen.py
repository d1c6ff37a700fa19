"""`tinker plan` before money is spent: what could be found, whether a verdict is possible, and a better split."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.schedule.conftest import OVERRIDES, write_grid
from tinker.cli.main import app
from tinker.errors import UserError
from tinker.report.analysis import Analysis
from tinker.schedule.foreseen_words import in_words
from tinker.schedule.grid_file import write_grid_file
from tinker.schedule.missing import class_of
from tinker.schedule.noise_source import GUESS
from tinker.schedule.plan_view import make_plan, show_plan
from tinker.schedule.prepared import prepare
from tinker.schedule.single import train_one
from tinker.stats.power import minimum_detectable_effect

ROOT = Path(__file__).resolve().parents[2]
ARMS = {"multi-query": {"model.attention.kv_heads": 1}, "linear": {"model.attention": "linear"}}
DECIDE = {"metric": "val_loss", "min_effect": 0.01}


def _foreseen(folder: Path, *overrides: str, sd: float | None = None, seeds: Any = 3, **decide: Any) -> dict[str, Any]:
    grid = write_grid(folder, ARMS, seeds=seeds, decide=DECIDE | decide)
    made: dict[str, Any] = make_plan(str(grid), overrides, folder / "results", sd)["detectable"]
    return made


def _said(folder: Path, *, sd: float | None = None, seeds: Any = 3, **decide: Any) -> str:
    grid = write_grid(folder, ARMS, seeds=seeds, decide=DECIDE | decide)
    made = make_plan(str(grid), [], folder / "results", sd)
    return "\n".join(in_words(made["detectable"], made["decide"], 2))


def test_a_stated_sd_is_what_is_reckoned_with(tmp_path: Path) -> None:
    found = _foreseen(tmp_path, sd=0.02)
    assert found["alpha_per_arm"] == pytest.approx(0.025)
    assert found["in_sd"] == minimum_detectable_effect(3, 3, 0.025)
    assert found["effect"] == pytest.approx(0.02 * found["in_sd"])
    assert (found["effect_upper"], found["noise"]["source"]) == (None, "stated")
    assert "as stated by --sd" in _said(tmp_path, sd=0.02)


@pytest.mark.parametrize("sd", [0.0, -1.0, math.nan, math.inf])
def test_an_sd_is_positive(tmp_path: Path, sd: float) -> None:
    with pytest.raises(UserError, match=r"--sd: .* is not a standard deviation"):
        _foreseen(tmp_path, sd=sd)


def test_without_runs_a_loss_is_guessed_and_said_to_be(tmp_path: Path) -> None:
    found = _foreseen(tmp_path)
    assert (found["noise"]["source"], found["noise"]["sd"]) == ("guess", GUESS)
    assert "a guess, small models showed" in _said(tmp_path)
    assert _foreseen(tmp_path, metric="tokens_per_s", direction="higher")["noise"] is None
    assert "not known yet: state its sd with --sd" in _said(tmp_path, metric="tokens_per_s", direction="higher")


def test_a_frozen_record_of_the_same_control_tells_its_noise() -> None:
    grid = str(ROOT / "grids" / "attention_variants.yaml")
    noise = make_plan(grid, [], ROOT / "results")["detectable"]["noise"]
    record = json.loads((ROOT / "results" / "baseline-v0" / "cpu" / "record.json").read_text())
    assert (noise["source"], noise["runs"]) == ("frozen", 5)
    assert noise["sd"] == pytest.approx(record["sd"])
    assert "baseline-v0" in noise["said"]
    other = make_plan(grid, ["optimizer.lr=2e-3"], ROOT / "results")["detectable"]["noise"]
    assert other["source"] == "guess", "another control's noise is not this one's"


def test_plan_and_report_tell_the_same_of_the_same_runs(tmp_path: Path) -> None:
    results, grid = tmp_path / "results", write_grid(tmp_path, ARMS, seeds=3)
    prepared = prepare(str(grid), [], results)
    write_grid_file(prepared.plan, results, [], class_of(prepared.plan.cells[0].spec))
    for arm, extra in (("base", []), ("linear", ["model.attention=linear"])):
        for seed in (1, 2, 3) if arm == "base" else (1, 2):
            assert train_one([*OVERRIDES, *extra], seed, results, Console(quiet=True)) == 0
    found = make_plan(str(grid), [], results)["detectable"]
    rows = Analysis.of(results, "g", keep=False).comparisons
    told = [row["minimum_detectable_effect"] for row in rows if row["primary"] and not row["is_control"]]
    assert found["effect"] == pytest.approx(max(told))
    assert found["noise"]["source"] == "runs"
    assert found["effect_upper"] > found["effect"]


@pytest.mark.parametrize(
    ("seeds", "decide", "smallest", "enough"),
    [
        (3, {"test": "permutation"}, 0.1, 5),  # two arms under Holm: p <= .025, and 2/C(10, 5) is .0079
        (4, {"test": "rank"}, 2 / 70, 5),
        (4, {"test": "rank", "correction": "none"}, 2 / 70, None),
        (5, {"test": "permutation", "pairing": "seed"}, 0.0625, 7),
        (7, {"test": "rank", "pairing": "seed"}, 2 / 128, None),
        (2, {}, 0.0, None),
        (1, {}, 1.0, 2),
    ],
)
def test_a_design_that_can_never_say_yes_is_told_so(
    tmp_path: Path, seeds: int, decide: dict[str, Any], smallest: float, enough: int | None
) -> None:
    found, said = _foreseen(tmp_path, seeds=seeds, **decide), _said(tmp_path, seeds=seeds, **decide)
    assert found["reach"]["smallest_p"] == pytest.approx(smallest)
    assert found["reach"]["reaches"] == (enough is None)
    assert ("cannot reach alpha" in said) == (enough is not None)
    assert ("detectable with 80 % power" in said) == (enough is None)
    if enough is not None:
        assert found["reach"]["seeds"] == enough
        assert f"{enough} seeds" in said


def test_looks_are_told_with_their_nominal_levels(tmp_path: Path) -> None:
    seeds = {"arms": 12, "control": 12}
    found = _foreseen(tmp_path, seeds=seeds, looks=[4, 8, 12], correction="none")
    assert found["looks"]["levels"] == pytest.approx([0.00052, 0.0141, 0.0451], abs=5e-5)
    assert found["in_sd"] == minimum_detectable_effect(12, 12, found["looks"]["levels"][-1])
    assert found["looks"]["trials"] == 36 > found["looks"]["expected"] > 12
    said = _said(tmp_path, seeds=seeds, looks=[4, 8, 12], correction="none")
    assert "looks at 4, 8, 12 seeds per arm: a p counts there from 0.00052, 0.014, 0.045 on (alpha 0.05)" in said
    assert "decided and hopeless arms stop: at most 36 trials, about" in said
    assert "looks after every seed" in _said(tmp_path, looks="anytime")


def test_a_better_split_of_as_many_trials_is_told(tmp_path: Path) -> None:
    found = _foreseen(tmp_path, seeds={"arms": 10, "control": 40})
    split = found["split"]
    assert 2 * split["arms"] + split["control"] <= split["trials"] == 60
    assert split["in_sd"] < 0.98 * found["in_sd"]
    assert split["in_sd"] == minimum_detectable_effect(split["arms"], split["control"], 0.025)
    assert f"`seeds: {{arms: {split['arms']}, control: {split['control']}}}` would detect" in _said(
        tmp_path, seeds={"arms": 10, "control": 40}
    )
    best = {"arms": split["arms"], "control": split["control"]}
    assert _foreseen(tmp_path, seeds=best)["split"] is None, "nothing is better than the best"
    assert _foreseen(tmp_path, seeds={"arms": 10, "control": 40}, pairing="seed")["split"] is None


def test_the_plan_fits_80_columns(tmp_path: Path) -> None:
    arms = {"an-arm-with-a-name-that-is-rather-long-and-goes-on": {"model.n_embd": 32}, **ARMS}
    made = make_plan(str(write_grid(tmp_path, arms, seeds={"arms": 10, "control": 40})), [], tmp_path / "results")
    text = io.StringIO()
    show_plan(made, Console(file=text, width=80))
    assert max(map(len, text.getvalue().splitlines())) <= 80
    assert "would detect" in text.getvalue()


def test_json_has_all_that_is_foreseen(tmp_path: Path) -> None:
    grid = write_grid(tmp_path, ARMS)
    done = CliRunner().invoke(app, ["plan", str(grid), "--sd", "0.5", "--json", "--results", str(tmp_path / "r")])
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)["detectable"]
    assert made["noise"] == {"source": "stated", "sd": 0.5, "upper": None, "runs": 0, "said": "as stated by --sd"}
    keys = "alpha_per_arm level in_sd noise effect effect_upper seeds_for_min_effect reach looks split"
    assert set(made) == set(keys.split())
