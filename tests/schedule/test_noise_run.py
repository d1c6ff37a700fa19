"""`tinker noise --seeds`: the control is trained for its own sake, and grids share what was trained."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.schedule.conftest import rows, write_grid
from tinker.cli.main import app
from tinker.errors import OK, UserError
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.schedule.cluster import Capacity
from tinker.schedule.noise_run import control_only, train_controls
from tinker.schedule.prepared import prepare
from tinker.spec import Seeds
from tinker.tables.grids import load_grid as stored_grid

pytestmark = pytest.mark.xdist_group("ray")

ARMS = {"linear": {"model.attention": "linear"}, "rotary": {"model.position": "rotary"}}


@pytest.mark.parametrize(
    ("declared", "count", "chosen"),
    [
        (3, 5, [1, 2, 3, 4, 5]),
        ([7, 8], 4, [7, 8, 1, 2]),
        ({"arms": [2], "control": [2, 9], "tuning": [1, 3]}, 5, [2, 9, 4, 5, 6]),
        (6, 4, [1, 2, 3, 4]),
    ],
)
def test_seeds_of_the_control_come_first_and_those_of_tuning_never(
    tmp_path: Path, declared: Any, count: int, chosen: list[int]
) -> None:
    grid = load_grid(write_grid(tmp_path, ARMS, seeds=declared))
    alone = control_only(grid, count)
    assert alone.seed_plan.control == alone.seed_plan.arms == tuple(Seeds(seed, seed) for seed in chosen)
    assert (alone.results_name, alone.arms, alone.decide) == ("g-noise", {}, grid.decide)


def _noise(*arguments: object) -> list[dict[str, Any]]:
    done = CliRunner().invoke(app, ["noise", *map(str, arguments), "--json"])
    assert done.exit_code == OK, done.output
    return list(json.loads(done.stdout))


def test_missing_runs_of_the_control_are_trained_once(tmp_path: Path, ray_up: Capacity) -> None:
    grid, results = write_grid(tmp_path, ARMS, seeds=2), tmp_path / "results"
    [made] = _noise(grid, "--seeds", 4, "--results", results)
    assert len(made["runs"]["values"]) == 4
    assert (made["runs"]["grid"], made["runs"]["arms"]) == ("g-noise", 2)
    assert set(made["needed"][0]["seeds"]) == {"1", "2"}, "Holm over the arms that the grid has"
    trained = rows(results)
    assert len(trained) == 4
    assert not (results / "g").exists(), "the grid itself has not run"
    said = io.StringIO()
    assert train_controls(str(grid), [], 4, results, Console(file=said, width=200), "again") == OK
    assert "nothing to do" in said.getvalue()
    assert rows(results).keys() == trained.keys()
    assert len(prepare(str(grid), [], results).missing.done) == 2, "the grid finds its control's two trials done"

    assert stored_grid(results, "g-noise")["rule_history"][-1]["results_existed"] is False
    with pytest.raises(UserError, match=r"g-noise: these results come from .*g\.yaml, which makes g; name one"):
        find_grid("g-noise", [], results)
    assert _noise("g-noise", "--results", results)[0]["floor"] == made["floor"]
