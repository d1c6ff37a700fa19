"""Every kind of row that the demo makes can be made again, bit by bit; and what is not the same is said."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.schedule.conftest import OVERRIDES, run
from tests.train import tiny
from tinker.errors import FAILED, OK, UserError
from tinker.report.analysis import Analysis
from tinker.schedule.cluster import Capacity
from tinker.schedule.missing import class_of
from tinker.schedule.replay_view import replay_trial
from tinker.schedule.single import train_one
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.tables.grids import load_grid
from tinker.train.result import CurvePoint, TrialResult

pytestmark = pytest.mark.xdist_group("ray")

ROOT = Path(__file__).resolve().parents[2]
DEMO, NAME = ROOT / "grids" / "attention_variants.yaml", "attention_variants-grammar-smoke"
ARMS = ("baseline-v0", "mqa", "window", "window_full", "linear", "nope", "rotary")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, ray_up: Capacity) -> Path:
    """Results of the demo's seven arms at scale smoke, two seeds each."""
    results = tmp_path_factory.mktemp("demo") / "results"
    code, said = run(DEMO, results, "scale=smoke", "seeds=2")
    assert code == OK, said
    return results


@pytest.fixture
def results(demo: Path, tmp_path: Path) -> Path:
    """A copy."""
    return Path(shutil.copytree(demo, tmp_path / "results"))


def _replay(trial: str, results: Path) -> tuple[int, str]:
    said = io.StringIO()
    code = replay_trial(trial, results, Console(file=said, width=300), Console(quiet=True))
    return code, said.getvalue()


def _id(results: Path, arm: str, seed: int = 2) -> str:
    cells = load_grid(results, NAME)["cells"]
    [found] = [cell["trial_id"] for cell in cells if (cell["arm"], cell["seed_init"]) == (arm, seed)]
    return str(found)


@pytest.mark.parametrize("arm", ARMS)
def test_a_row_of_every_arm_comes_out_equal(demo: Path, arm: str) -> None:
    trial = _id(demo, arm)
    code, said = _replay(trial, demo)
    assert (code, said.split(" (")[0]) == (OK, f"{trial}: equal")
    assert "differs" not in said


def test_these_are_all_arms_of_the_demo(demo: Path) -> None:
    assert tuple(arm["name"] for arm in load_grid(demo, NAME)["arms"]) == ARMS


def test_a_record_with_another_point_on_its_curve_is_different(results: Path) -> None:
    trial = _id(results, "linear")
    _sealed_anew(results, trial, lambda points: [*points[:3], _nudged(points[3]), *points[4:]], lambda env: env)
    code, said = _replay(trial, results)
    assert code == FAILED
    assert f"{trial}: different" in said
    assert "they part at step" in said


def test_a_record_with_another_final_value_is_different_though_its_curve_is_the_same(results: Path) -> None:
    trial = _id(results, "nope")
    better = {"excess_recall": -0.5}
    _sealed_anew(results, trial, lambda points: points, lambda env: env, better)
    code, said = _replay(trial, results)
    assert code == FAILED
    assert "they part at the final excess_recall: it is " in said


def test_a_record_of_another_torch_says_so_even_where_it_comes_out_equal(results: Path) -> None:
    trial = _id(results, "mqa")
    _sealed_anew(results, trial, lambda points: points, lambda env: env | {"torch": "1.0.0"})
    code, said = _replay(trial, results)
    assert code == OK
    assert f"{trial}: equal " in said
    assert "the environment differs:" in said
    assert "torch: '" in said
    assert "the record has '1.0.0'" in said


def test_a_diverged_row_diverges_again(tmp_path: Path) -> None:
    wild, results = ["optimizer.lr=1e30", "train.grad_clip=null"], tmp_path / "results"
    assert train_one([*OVERRIDES, *wild], 1, results, Console(quiet=True)) == OK
    spec = tiny.spec_of(*wild)
    row = Store(results).get(spec.id, class_of(spec))
    assert row is not None
    assert row.status.state == "diverged"
    code, said = _replay(spec.id, results)
    assert code == OK
    assert f"{spec.id}: equal " in said


def test_a_trial_that_only_a_table_knows_cannot_be_replayed_and_the_message_says_why(results: Path) -> None:
    trial = _id(results, "nope")
    Analysis.of(results, NAME)
    shutil.rmtree(results / "trials")
    with pytest.raises(UserError, match=r"trials\.parquet knows it, but a table does not hold what a replay starts"):
        _replay(trial, results)


def test_a_trial_of_a_frozen_record_is_found_where_it_lies() -> None:
    [folder] = [path for path in (ROOT / "results" / "baseline-v0").iterdir() if path.name == "cpu"]
    trial = sorted(path.name for path in (folder / "trials").iterdir() if len(path.name) == 16)[0]
    with pytest.raises(
        UserError, match=rf"the frozen record has it: tinker replay {trial[:8]} --results .*baseline-v0"
    ):
        _replay(trial[:8], ROOT / "results")


def _nudged(point: CurvePoint) -> CurvePoint:
    return CurvePoint(point.step, point.metric, point.value * (1 + 1e-6))


def _sealed_anew(
    results: Path,
    trial: str,
    curve: Callable[[list[CurvePoint]], list[CurvePoint]],
    environment: Callable[[dict[str, Any]], dict[str, Any]],
    metrics: dict[str, float] | None = None,
) -> None:
    """Replaces a row by one that a store has sealed, digests and all."""
    [row] = [row for row in Store(results).rows([trial]) if row.result is not None]
    plain = _plain(row)
    plain["metrics"] |= metrics or {}
    points = [CurvePoint(*point.values()) for point in row.curve().to_pylist()]
    made_in, code = environment(row.environment()), row.code()
    shutil.rmtree(row.folder.path)
    sealed = [vars(point) for point in curve(points)]
    assert Store(results).commit(row.spec, row.environment_class, plain, sealed, made_in, code)


def _plain(row: StoredTrial) -> dict[str, Any]:
    assert row.result is not None
    names = [field.name for field in fields(TrialResult) if field.name in row.result]
    return TrialResult.from_dict({**{name: row.result[name] for name in names}, "curve": []}).as_dict()
