"""What a grid leaves to a measurement: planned without until it is decided, and then the same for every arm."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.grid.conftest import Load
from tinker.errors import ConfigError, UserError
from tinker.grid.expand import Plan, expand
from tinker.grid.measured import open_parts
from tinker.grid.measured_words import elsewhere_in_words, measured_in_words, open_in_words
from tinker.grid.schema import Grid

ARMS = "seeds: 3\narms:\n  rotary: { model.position: rotary }\n"
CPU = "base: { train.accelerator: cpu }\n"
AUTO = "resources: { matmul: auto, compile: auto, fused: auto }\n"
PART = {"environment_class": "cpu-x", "device": "X", "torch": "2.13.0", "threads": 1, "time": "2026-01-02T03:04:05"}
FIGURES = {"ratio": 1.25, "low": 1.2, "high": 1.3, "n": 9}
COMPILE = {"block": 10, "steps": 2000, "step_s": 0.05, "cold_s": 40.0, "compile_s": 10.0}
DECIDED: dict[str, Any] = {
    "matmul": {**PART, "on": True, "why": "", "figures": {**FIGURES, "block": 10, "step_s": 0.05}},
    "compile": {
        **PART, "on": True, "why": "", "figures": {**FIGURES, **COMPILE, "plain_s": 100.0, "compiled_s": 90.0}
    },
    "fused": {**PART, "seeds": 1, "why": "on a CPU"},
}  # fmt: skip


def _decide(results: Path, document: Any = DECIDED) -> Path:
    path = results / "g" / "measured.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def _plan(grid: Grid, results: Path) -> Plan:
    return expand(grid, config_dirs=[], results=results)


def _compiled(plan: Plan) -> list[bool]:
    return [arm.config["train"]["compile"] for arm in plan.arms]


def test_nothing_is_switched_on_before_it_is_decided(load: Load, tmp_path: Path) -> None:
    plan, declared = _plan(load(ARMS + AUTO), tmp_path), _plan(load(ARMS), tmp_path)
    assert [cell.spec.id for cell in plan.cells] == [cell.spec.id for cell in declared.cells]
    assert plan.grid.together == 1
    assert open_parts(plan.grid) == ["matmul", "compile", "fused"]
    assert [line.split(":")[0] for line in open_in_words(open_parts(plan.grid))] == [
        "resources.matmul", "resources.compile", "resources.fused"
    ]  # fmt: skip


def test_the_decision_is_that_of_all_arms_on_every_machine(load: Load, tmp_path: Path) -> None:
    _decide(tmp_path)
    plan = _plan(load(ARMS + CPU + AUTO), tmp_path)
    assert _compiled(plan) == [True, True]
    assert open_parts(plan.grid) == []
    switched = _plan(load(ARMS + CPU, "train.compile=true", "train.matmul=onednn"), tmp_path)
    assert [cell.spec.id for cell in plan.cells] == [cell.spec.id for cell in switched.cells]
    assert len(elsewhere_in_words(plan.grid.decided, "cuda-y")) == 3
    assert elsewhere_in_words(plan.grid.decided, "cpu-x") == []


@pytest.mark.parametrize("other", ["accelerator: cuda", "accelerator: cpu, train.precision: bf16"])
def test_where_onednn_does_not_multiply_the_decision_for_it_is_left_out(other: str, load: Load, tmp_path: Path) -> None:
    _decide(tmp_path)
    plan = _plan(load(f"{ARMS}base: {{ train.{other} }}\n{AUTO}"), tmp_path)
    assert _compiled(plan) == [True, True]
    assert {arm.config["train"].get("matmul", "torch") for arm in plan.arms} == {"torch"}
    assert list(plan.grid.decided) == ["compile", "fused"]
    assert plan.notes == ()
    [note] = plan.grid.no_choice
    assert note.startswith("resources.matmul: auto: onednn is for fp32 on CPUs, and this is ")
    assert "matmul" not in open_parts(_plan(load(f"{ARMS}base: {{ train.{other} }}\n{AUTO}"), tmp_path / "new").grid)


def test_a_pretraining_of_another_precision_goes_without_what_is_decided_for_the_arms(
    load: Load, tmp_path: Path
) -> None:
    _decide(tmp_path)
    arms = "seeds: 3\narms:\n  faster: { optimizer.lr: 1e-2 }\npretrain: { diff: { train.precision: bf16 } }\n"
    plan = _plan(load(arms + CPU + AUTO), tmp_path)
    assert plan.pretrained is not None
    assert plan.pretrained.config["train"].get("matmul", "torch") == "torch"
    assert plan.control.config["train"]["matmul"] == "onednn"


def test_a_decision_counts_only_where_the_grid_asks_for_it(load: Load, tmp_path: Path) -> None:
    _decide(tmp_path, {**DECIDED, "fused": {**PART, "seeds": 2, "why": ""}})
    plain = _plan(load(ARMS), tmp_path)
    assert (_compiled(plain), plain.grid.together, dict(plain.grid.decided)) == ([False, False], 1, {})
    fused = _plan(load(ARMS + "resources: { fused: auto }\n"), tmp_path)
    assert (_compiled(fused), fused.grid.together) == ([False, False], 2)


def test_a_part_of_a_grid_shares_its_decision(load: Load, tmp_path: Path) -> None:
    _decide(tmp_path)
    part = replace(load(ARMS + AUTO), results_name="g-noise", kin="g")
    assert _compiled(_plan(part, tmp_path)) == [True, True]


@pytest.mark.parametrize(
    ("text", "overrides", "where"),
    [
        ("seeds: 1\narms: { fast: { train.compile: true } }\n", (), "g.yaml:7"),
        ("seeds: 1\naxes: { train.compile: [true, false] }\n", (), "g.yaml:7"),
        ("seeds: 1\nbase: { train: { compile: false } }\n", (), "g.yaml:7"),
        ("seeds: 1\npretrain: { diff: { train.compile: true } }\n", (), "g.yaml:7"),
        (ARMS, ("train.compile=true",), "override 'train.compile=true'"),
    ],
)
def test_who_sets_compile_cannot_leave_it_to_a_measurement(
    load: Load, tmp_path: Path, text: str, overrides: tuple[str, ...], where: str
) -> None:
    with pytest.raises(ConfigError, match=r"train\.compile: is set here, and resources\.compile: auto") as caught:
        _plan(load(text + AUTO, *overrides), tmp_path)
    assert where in str(caught.value)


def test_neither_can_who_sets_matmul(load: Load, tmp_path: Path) -> None:
    for text, overrides in ((ARMS + "base: { train.matmul: torch }\n", ()), (ARMS, ("train.matmul=onednn",))):
        with pytest.raises(ConfigError, match=r"train\.matmul: is set here, and resources\.matmul: auto"):
            _plan(load(text + AUTO, *overrides), tmp_path)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [(["resources.fused=2"], r"resources\.fused is 2"), (["train.devices=2"], r"train\.devices is 2")],
)
def test_what_cannot_be_measured_is_refused(load: Load, tmp_path: Path, overrides: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _plan(load(ARMS + AUTO, *overrides), tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"compile": {"on": 1}}', '{"fused": {"seeds": "all"}}'])
def test_a_damaged_decision_is_one_message(load: Load, tmp_path: Path, text: str) -> None:
    _decide(tmp_path).write_text(text)
    with pytest.raises(UserError, match=r"measured\.json is not as tinker wrote it .*doctor --store"):
        _plan(load(ARMS + AUTO), tmp_path)


def test_a_decision_is_said_with_its_figures() -> None:
    multiplied, compiled, fused = measured_in_words(DECIDED)
    assert "train.matmul=onednn: with onednn a step of the control is x1.25 (n=9" in multiplied
    assert "train.compile=true" in compiled
    for figure in ("x1.25 (n=9, quartiles 1.20 and 1.30)", "10 s", "2,000 steps", "90 s", "100 s", "X, ", "2026-01-02"):
        assert figure in compiled
    assert fused.startswith("resources.fused: auto: 1 of an arm's seeds together: on a CPU (X")
