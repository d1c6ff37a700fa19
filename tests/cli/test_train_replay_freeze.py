"""`train`, `replay` and `freeze`, called in this process."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

from tests.tables import made_up
from tests.train.tiny import TINY, spec_of
from tinker.cli.main import app
from tinker.errors import BUSY, FAILED, UserError
from tinker.schedule.missing import class_of
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import Layout
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.store.verdicts import accept, accepted
from tinker.train.result import CurvePoint, TrialResult

OVERRIDES = [*TINY, "data.validation_documents=30", "train.accelerator=cpu"]
SEEDS = (1, 2)


def _tinker(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two seeds, by `tinker train`, and a grid of which they are the control."""
    results = tmp_path_factory.mktemp("made") / "results"
    for seed in SEEDS:
        done = _tinker("train", *OVERRIDES, "--seed", seed, "--results", results)
        assert done.exit_code == 0, done.output
    specs = [spec_of(seed=seed) for seed in SEEDS]
    cells = [
        {"arm": "base", "trial_id": s.id, "seed_init": s.seeds.init, "seed_data": s.seeds.data}
        | {"corpus": "grammar", "scale": "smoke"}
        for s in specs
    ]
    made_up.save(results, made_up.grid({"base": SEEDS}, "base", cells=cells, environment_class=class_of(specs[0])))
    return results


@pytest.fixture
def results(made: Path, tmp_path: Path) -> Path:
    """A copy."""
    return Path(shutil.copytree(made, tmp_path / "results"))


def test_a_trial_that_another_tinker_works_on_is_refused_and_no_other(results: Path) -> None:
    with Presence(results) as other, Leases(results, other) as leases:
        assert leases.take(Layout(results).trial(spec_of(seed=1).id, class_of(spec_of(seed=1)))) is None
        refused = _tinker("train", *OVERRIDES, "--seed", 1, "--results", results)
        assert isinstance(refused.exception, UserError)
        assert refused.exception.exit_code == BUSY
        who = f"process {other.holder.pid} on {other.holder.host}, since 20"  # the lease's second, not the presence's
        assert f"another tinker works on this trial ({who}" in str(refused.exception)
        assert _tinker("train", *OVERRIDES, "--seed", 2, "--results", results).exit_code == 0
    assert _tinker("train", *OVERRIDES, "--seed", 1, "--results", results).exit_code == 0


def test_what_is_trained_is_not_trained_again(results: Path) -> None:
    again = _tinker("train", *OVERRIDES, "--seed", 1, "--results", results)
    assert again.exit_code == 0
    assert "done already" in again.output


def test_a_trial_that_raises_is_marked_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*anything: Any) -> None:
        raise ArithmeticError("no more memory")

    monkeypatch.setattr("tinker.schedule.single.run_trial", broken)
    done = _tinker("train", *OVERRIDES, "--results", tmp_path)
    assert isinstance(done.exception, ArithmeticError)
    [row] = Store(tmp_path).rows()
    assert (row.status.state, row.status.cause) == ("failed", "ArithmeticError: no more memory")
    assert "Traceback" in row.folder.log.read_text()


def test_a_replay_of_a_row_is_equal(results: Path) -> None:
    trial = spec_of(seed=1).id
    done = _tinker("replay", trial[:6], "--results", results)
    assert done.exit_code == 0, done.output
    assert f"{trial}: equal " in done.stdout


def test_a_replay_of_a_changed_row_is_different(results: Path) -> None:
    _tamper(results, 1.0001)
    done = _tinker("replay", spec_of(seed=1).id, "--results", results)
    assert done.exit_code == FAILED
    assert ": different " in done.stdout
    assert "they part at step 40: val_loss is" in done.stdout


@pytest.mark.parametrize(
    ("factor", "answer", "code"), [(1.001, "equal within tolerance", 0), (1.1, "different", FAILED)]
)
def test_a_row_of_another_machine_is_equal_within_a_tolerance(
    results: Path, factor: float, answer: str, code: int
) -> None:
    _tamper(results, factor, environment_class="cpu-another-torch2.13-t1-abcdef")
    done = _tinker("replay", spec_of(seed=1).id, "--results", results)
    assert done.exit_code == code, done.output
    assert f": {answer} " in done.stdout
    assert "the environment differs:" in done.stdout
    assert "python: " in done.stdout


def _tamper(
    results: Path,
    factor: float = 1.0,
    environment_class: str | None = None,
    git: dict[str, Any] | None = None,
    made_by: str | None = None,
    seed: int = 1,
) -> None:
    """Replaces the row of a seed by one with another last loss, working tree or code, as a store would seal it."""
    spec, store = spec_of(seed=seed), Store(results)
    row = store.get(spec.id, class_of(spec))
    assert row is not None
    assert row.result is not None
    points = [CurvePoint(*point.values()) for point in row.curve().to_pylist()]
    points = [
        CurvePoint(p.step, p.metric, p.value * factor) if (p.step, p.metric) == (40, "val_loss") else p for p in points
    ]
    names = [field.name for field in fields(TrialResult) if field.name in row.result]
    plain = TrialResult.from_dict({**{n: row.result[n] for n in names}, "curve": []}).as_dict()
    plain["metrics"]["val_loss"] *= factor
    environment, code = row.environment() | ({"python": "3.0"} if environment_class else {}), row.code()
    environment, code = (
        environment | ({"git": git} if git else {}),
        code | ({"fingerprint": made_by} if made_by else {}),
    )
    shutil.rmtree(row.folder.path)
    cls = environment_class or row.environment_class
    assert store.commit(spec, cls, plain, [vars(point) for point in points], environment, code)


def test_no_such_trial_and_several_are_refused(results: Path) -> None:
    for prefix, problem in (("zz", "no finished trial"), ("", "is the beginning of 2 ids")):
        done = _tinker("replay", prefix, "--results", results)
        assert isinstance(done.exception, UserError)
        assert problem in str(done.exception)


def test_a_frozen_record_holds_the_control_and_can_be_replayed(results: Path) -> None:
    done = _tinker("freeze", "control", "made-up", "--results", results)
    assert done.exit_code == 0, done.output
    folder, record = results / "control" / "smoke", _frozen(results)
    losses = [trial["metrics"]["val_loss"] for trial in record["trials"]]
    assert record["n"] == 2
    assert record["mean"] == pytest.approx(sum(losses) / 2)
    assert record["sd"] == pytest.approx(abs(losses[0] - losses[1]) / 2**0.5)
    assert [trial["seed_init"] for trial in record["trials"]] == [1, 2]
    assert record["config"]["model"]["n_embd"] == 16
    assert {"torch", "python", "os", "device", "threads", "precision", "backend"} <= record["environment"].keys()
    assert "lightning" in record["environment"]["libraries"]
    assert not list(folder.rglob("*.ckpt"))
    assert Store(folder).heal() == []

    replayed = _tinker("replay", spec_of(seed=2).id, "--results", folder)
    assert replayed.exit_code == 0, replayed.output
    assert ": equal " in replayed.stdout


def test_freezing_the_same_rows_again_changes_nothing(results: Path) -> None:
    for _ in range(2):
        assert _tinker("freeze", "control", "made-up", "--results", results).exit_code == 0
    assert len(list((results / "control").rglob("result.json"))) == 2


@pytest.mark.parametrize("change", ["other result", "other seeds"])
def test_a_frozen_record_does_not_change(results: Path, change: str) -> None:
    assert _tinker("freeze", "control", "made-up", "--results", results).exit_code == 0
    frozen = {path: path.read_bytes() for path in (results / "control").rglob("*.json")}
    if change == "other result":
        _tamper(results, 1.0001)
    else:
        path = Layout(results).grid("made-up")
        grid = json.loads(path.read_text())
        path.write_text(json.dumps({**grid, "cells": grid["cells"][:1]}))
    done = _tinker("freeze", "control", "made-up", "--results", results)
    assert isinstance(done.exception, UserError)
    assert "frozen already" in str(done.exception)
    assert {path: path.read_bytes() for path in (results / "control").rglob("*.json")} == frozen


OTHER_CODE = "0" * 16


def test_rows_of_unlike_code_cannot_be_frozen(results: Path) -> None:
    _tamper(results, made_by=OTHER_CODE)
    done = _tinker("freeze", "control", "made-up", "--results", results)
    assert isinstance(done.exception, UserError)
    assert f"made by unlike code ({OTHER_CODE}, " in str(done.exception)
    assert not (results / "control").exists()


@pytest.mark.parametrize("replayed", [1, 2])
def test_rows_that_hold_under_the_same_code_are_frozen_as_of_that(results: Path, replayed: int) -> None:
    _tamper(results, made_by=OTHER_CODE)
    rows = {seed: Store(results).get(spec_of(seed=seed).id, class_of(spec_of(seed=seed))) for seed in SEEDS}
    row, other = rows[replayed], rows[3 - replayed]
    assert row is not None
    assert other is not None
    accept(row.folder, {"how": "ends", "code": {"fingerprint": other.code_fingerprint, "modules": {}}})
    assert _tinker("freeze", "control", "made-up", "--results", results).exit_code == 0
    assert _frozen(results)["code_fingerprint"] == other.code_fingerprint
    held = spec_of(seed=replayed).id
    copied = [kept for kept in Store(results / "control" / "smoke").rows() if kept.trial_id == held]
    assert [set(accepted(kept.folder)) for kept in copied] == [{other.code_fingerprint}], "the probation goes along"


@pytest.mark.parametrize(
    ("diff", "untracked", "dirty"),
    [("", [], False), ("+x", [], True), ("", ["mine.py"], False), ("", ["model/mine.py"], True)],
)
def test_a_frozen_record_says_whether_any_row_is_of_a_dirty_tree(
    results: Path, diff: str, untracked: list[str], dirty: bool
) -> None:
    clean = {"commit": "f00", "diff": "", "diff_cut": False, "untracked": []}
    _tamper(results, git=clean, seed=1)
    _tamper(results, git={**clean, "diff": diff, "untracked": untracked}, seed=2)
    assert _tinker("freeze", "control", "made-up", "--results", results).exit_code == 0
    record = _frozen(results)
    assert (record["commit"], record["dirty"]) == ("f00", dirty)


def test_a_control_of_the_users_own_parts_cannot_be_frozen(tmp_path: Path) -> None:
    config = {"data": {"type": "text", "path": "/home/me/a.txt"}, "plugins": ["/home/me/b.py"]}
    spec = TrialSpec.of({**spec_of().config, **config}, Seeds(1, 1), "corpus")
    result = {"status": "done", "steps": 1, "metrics": {"val_loss": 1.0}, "params": 1, "flops_per_token": 1.0}
    assert Store(tmp_path).commit(spec, made_up.HERE, result, [], {"git": None}, made_up.CODE)
    cell = {"arm": "base", "trial_id": spec.id, "seed_init": 1, "seed_data": 1, "corpus": "text", "scale": "smoke"}
    made_up.save(tmp_path, made_up.grid({"base": [1]}, "base", cells=[cell]))
    done = _tinker("freeze", "control", "made-up", "--results", tmp_path)
    assert isinstance(done.exception, UserError)
    assert "plugins ['/home/me/b.py'] and data.path '/home/me/a.txt'" in str(done.exception)
    assert not (tmp_path / "control").exists()


def _frozen(results: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((results / "control" / "smoke" / "record.json").read_text())
    return record


def test_a_control_that_was_trained_faster_cannot_be_frozen(results: Path) -> None:
    page, switches = results / "made-up" / "grid.json", ["train.compile=true", "train.matmul=onednn"]
    page.write_text(json.dumps({**json.loads(page.read_text()), "switches": switches}))
    done = _tinker("freeze", "control", "made-up", "--results", results)
    assert isinstance(done.exception, UserError)
    assert "its trials have train.compile=true and train.matmul=onednn, for speed" in str(done.exception)
    assert not (results / "control").exists()


def test_unfinished_trials_cannot_be_frozen(results: Path) -> None:
    spec = spec_of(seed=2)
    shutil.rmtree(Layout(results).trial(spec.id, class_of(spec)).path)
    done = _tinker("freeze", "control", "made-up", "--results", results)
    assert isinstance(done.exception, UserError)
    assert "1 of the control's 2 trials are not done" in str(done.exception)
    assert not (results / "control").exists()


def test_the_curve_is_what_other_tools_read(results: Path) -> None:
    spec = spec_of(seed=1)
    [path] = Layout(results).trial(spec.id, class_of(spec)).path.glob("curve.*.parquet")
    assert pyarrow.parquet.read_table(path).column_names == ["step", "metric", "value"]
