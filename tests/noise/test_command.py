"""`tinker noise` on results that are there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from tests.cli.conftest import loaded, message, tinker_command  # noqa: F401
from tests.tables import made_up
from tinker.cli.main import app
from tinker.errors import USAGE, UserError
from tinker.report.analysis import Analysis

VALUES = tuple(np.random.default_rng(1).normal(1.9, 0.004, 10).tolist())
#: Rates of every kind, exact and drawn.
MANY = tuple(np.random.default_rng(2).normal(1.9, 0.004, 24).tolist())


def _results(folder: Path, control: Sequence[float] = VALUES, **changes: Any) -> Path:
    """Results of a grid with so many runs of the control, and two arms of two runs."""
    results = folder / "results"
    arms = {"baseline-v0": range(len(control)), "wide": (0, 1), "deep": (0, 1)}
    made_up.save(results, made_up.grid({arm: list(seeds) for arm, seeds in arms.items()}, **changes))
    for seed, value in enumerate(control):
        made_up.finish(results, "baseline-v0", seed, val_loss=value, best_val_loss=value - 0.1)
    for arm in ("wide", "deep"):
        for seed in (0, 1):
            made_up.finish(results, arm, seed, val_loss=1.5 + 0.1 * seed, best_val_loss=1.4)
    return results


def _noise(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["noise", *map(str, arguments)])


def _json(*arguments: object) -> dict[str, Any]:
    done = _noise(*arguments, "--json")
    assert done.exit_code == 0, done.output
    [made] = json.loads(done.stdout)
    return dict(made)


@pytest.mark.parametrize("control", [VALUES, MANY])
def test_the_text_says_it_all_in_100_columns(tmp_path: Path, control: Sequence[float]) -> None:
    done = _noise("made-up", "--results", _results(tmp_path, control))
    assert done.exit_code == 0, done.output
    text = done.stdout
    assert max(map(len, text.splitlines())) <= 100
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert f"val_loss of {len(control)} runs that differ in their seed alone" in text
    for said in ("95 of 100", "all my runs beat all baselines", "5 seeds", "tinker's test", "2 arms", "min_effect = "):
        assert said in text
    assert text.endswith("plan with.\n")


def test_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    results = _results(tmp_path, MANY)
    assert _noise("made-up", "--results", results).stdout == _noise("made-up", "--results", results).stdout


def test_json_has_the_floor_the_rules_and_the_seeds(tmp_path: Path) -> None:
    made = _json("made-up", "--results", _results(tmp_path))
    assert made["floor"]["mean"] == pytest.approx(np.mean(VALUES))
    assert made["floor"]["sd"] == pytest.approx(np.std(VALUES, ddof=1))
    assert list(made["floor"]["chance"]) == ["1", "2", "3", "5", "8"]
    rules = {(rule["rule"], rule["n_arm"]): rule for rule in made["rules"]}
    assert rules["all_beat_all", 3]["rate"] == pytest.approx(0.05)
    assert rules["all_beat_all", 5]["splits"] == 252
    assert rules["welch", 5]["exact"] is True
    assert rules["two_sd", 3]["normal"] == pytest.approx(0.134, abs=5e-4)
    assert [set(row["seeds"]) for row in made["needed"]] == [{"1", "2"}] * 6
    assert sum(row["is_min_effect"] for row in made["needed"]) == 1
    assert tuple(made["runs"]["values"]) == pytest.approx(VALUES)


def test_another_arm_and_another_metric_can_be_asked_about(tmp_path: Path) -> None:
    results = _results(tmp_path)
    made = _json("made-up", "--arm", "wide", "--results", results)
    assert (made["runs"]["values"], made["rules"]) == ([1.5, 1.6], [])
    made = _json("made-up", "--metric", "best_val_loss", "--results", results)
    assert made["floor"]["mean"] == pytest.approx(np.mean(VALUES) - 0.1)
    assert not any(row["is_min_effect"] for row in made["needed"]), "min_effect is about another metric"


def test_more_is_better_where_the_rule_says_so(tmp_path: Path) -> None:
    """One run far above: alone, it is better than every other one only where higher is better."""
    values = [1.0, 1.125, 1.25, 9.0]
    decide = made_up.RULE | {"direction": "higher"}
    lower, higher = tmp_path / "lower", tmp_path / "higher"
    rates = []
    for results in (_results(lower, values), _results(higher, values, decide=decide)):
        made = _json("made-up", "--results", results)
        [twice] = [rule["rate"] for rule in made["rules"] if rule["rule"] == "twice_the_baselines"]
        rates.append(twice)
    assert rates == pytest.approx([0.0, 6 / 24])


@pytest.mark.parametrize("count", [2, 3])
def test_few_runs_have_a_floor_and_the_command_for_more(tmp_path: Path, count: int) -> None:
    results = _results(tmp_path, VALUES[:count])
    text = " ".join(_noise("made-up", "--results", results).stdout.split())
    assert f"{count} runs are too few to be split" in text
    assert f"`tinker noise made-up --seeds 12 --results {results}`" in text
    assert "Seeds per arm that find an effect" in text


def test_one_run_has_no_noise(tmp_path: Path) -> None:
    done = _noise("made-up", "--results", _results(tmp_path, VALUES[:1]))
    assert isinstance(done.exception, UserError)
    assert "1 of 1 runs of 'baseline-v0' have a value of val_loss" in str(done.exception)
    assert "--seeds 12" in str(done.exception)


def test_runs_that_diverged_are_counted_and_left_out(tmp_path: Path) -> None:
    results = _results(tmp_path, VALUES[:6])
    grid = made_up.grid({"baseline-v0": list(range(8)), "wide": [0, 1], "deep": [0, 1]})
    made_up.save(results, grid)
    made_up.finish(results, "baseline-v0", 6, status="diverged", val_loss=float("nan"))
    text = _noise("made-up", "--results", results).stdout
    assert "val_loss of 6 runs" in text
    assert "Not in these figures: 1 of 8 runs diverged, 1 of 8 runs unfinished." in text


def test_runs_without_any_difference_are_said_to_have_none(tmp_path: Path) -> None:
    results = _results(tmp_path, [1.9] * 6)
    text = _noise("made-up", "--results", results).stdout
    assert "All runs agree to the last digit" in text
    made = _json("made-up", "--results", results)
    assert (made["rules"], made["needed"]) == ([], [])


def test_runs_of_unlike_machines_are_told_of(tmp_path: Path) -> None:
    results = _results(tmp_path, VALUES[:5])
    made_up.save(results, made_up.grid({"baseline-v0": list(range(6)), "wide": [0, 1]}))
    made_up.finish(results, "baseline-v0", 5, environment_class="cpu-other", val_loss=1.91, best_val_loss=1.8)
    text = " ".join(_noise("made-up", "--results", results).stdout.split())
    assert "Mind: the runs come from unlike machines or library versions (cpu-made-up, cpu-other)" in text


def test_committed_tables_are_enough(tmp_path: Path) -> None:
    results = _results(tmp_path)
    Analysis.of(results, "made-up")
    before = _noise("made-up", "--results", results).stdout
    tables = Path(shutil.copytree(results / "made-up", tmp_path / "tables"))
    shutil.rmtree(results)
    (tables / "grid.json").unlink()
    done = _noise(tables)
    assert done.exit_code == 0, done.output
    assert done.stdout == before
    assert not results.exists(), "nothing is written"


def test_nothing_is_written(tmp_path: Path) -> None:
    results = _results(tmp_path)
    before = sorted((results / "made-up").iterdir())
    _json("made-up", "--results", results)
    assert sorted((results / "made-up").iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a grid: its YAML file, a name in the results, or a folder with its tables"),
        (["nothing"], "'nothing' is not a grid in results; grids there are: made-up"),
        (["made-up", "--arm", "narrow"], "--arm: made-up has no arm 'narrow'; its arms are: baseline-v0, wide, deep"),
        (["made-up", "--metric", "speed"], "--metric: made-up has no 'speed'; it has: best_val_loss, "),
        (["made-up", "--arm", "wide", "--seeds", "8"], "--seeds trains runs of the control, --arm asks about another"),
        (["tables", "seeds=3"], "holds finished tables, which overrides (seeds=3) cannot change"),
    ],
)
def test_bad_input_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    results = _results(tmp_path)
    Analysis.of(results, "made-up")
    shutil.copytree(results / "made-up", tmp_path / "tables")
    monkeypatch.chdir(tmp_path)
    done = _noise(*arguments)
    assert isinstance(done.exception, UserError)
    assert done.exception.exit_code == USAGE
    assert told in str(done.exception)


def test_a_grid_without_results_says_how_to_train_its_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = "name: new\nquestion: What?\ncontrol: base\nseeds: 3\n"
    (tmp_path / "new.yaml").write_text(head + "decide: {metric: val_loss, min_effect: 0.5}\n")
    monkeypatch.chdir(tmp_path)
    done = _noise("new.yaml", "scale=smoke")
    assert "to train runs of its control: tinker noise new.yaml scale=smoke --seeds 12" in str(done.exception)


def test_it_needs_no_torch_where_nothing_is_trained(
    tmp_path: Path,
    tinker_command: Any,  # noqa: F811
) -> None:
    _results(tmp_path)
    done = tinker_command("noise", "made-up")
    assert done.returncode == 0, message(done)
    assert not loaded(done) & {"torch", "ray", "lightning"}


def test_imported_runs_have_their_noise_and_no_command_for_more(tmp_path: Path) -> None:
    lines = [f"base,{seed},{value!r}" for seed, value in enumerate(VALUES[:3])] + ["mine,0,1.9", "mine,1,1.8"]
    (tmp_path / "runs.csv").write_text("\n".join(["arm,seed,val_loss", *lines, ""]))
    results = tmp_path / "results"
    rule = ["--control", "base", "--min-effect", "0.01", "--results", str(results)]
    assert CliRunner().invoke(app, ["import", str(tmp_path / "runs.csv"), *rule]).exit_code == 0
    assert _json("runs", "--results", results)["floor"]["mean"] == pytest.approx(np.mean(VALUES[:3]))
    assert "get more where these runs come from" in _noise("runs", "--results", results).stdout
    done = _noise("runs", "--seeds", "8", "--results", results)
    assert "only tinker's own grids can be run or planned" in str(done.exception)
