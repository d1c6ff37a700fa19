"""A grid that leaves switches to a measurement: decided when it is first run, kept, said, and never half-written."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from rich.console import Console

from tests.schedule.conftest import rows, write_grid
from tests.schedule.in_thread import run_here
from tinker.errors import OK, UserError
from tinker.report.api import make_report
from tinker.schedule.cluster import Capacity
from tinker.schedule.grid_run import run_grids
from tinker.schedule.measured import settle
from tinker.schedule.noise_run import control_only
from tinker.schedule.plan_view import make_plan
from tinker.schedule.prepared import prepare
from tinker.spec import TrialSpec
from tinker.train import matmul

ROTARY = {"rotary": {"model.position": "rotary"}}
AUTO: dict[str, Any] = {"resources": {"compile": "auto", "fused": "auto"}}
FIGURES = {
    "ratio": 1.3, "low": 1.2, "high": 1.4, "n": 9, "block": 10, "steps": 40, "step_s": 0.1, "cold_s": 9.0,
    "compile_s": 0.5, "plain_s": 4.0, "compiled_s": 3.5,
}  # fmt: skip
WHY = "they did not gain"
ON = {"on": True, "why": "", "figures": FIGURES}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[TrialSpec]]:
    """What was measured, in place of a measurement; and a torch that does not really compile."""
    found: list[TrialSpec] = []

    def pays(spec: TrialSpec, say: object) -> dict[str, Any]:
        found.append(spec)
        return ON

    monkeypatch.setattr(settle, "compiling", pays)
    monkeypatch.setattr(settle, "fusing", lambda *_: {"seeds": 1, "why": WHY})
    monkeypatch.setattr(settle, "here", lambda: Capacity(2.0, 0.0))
    monkeypatch.setattr(torch._dynamo.config, "disable", True)
    return iter([found])


def _said(plan: dict[str, Any]) -> str:
    return "\n".join(plan["measured"]["said"])


def test_it_is_decided_at_the_first_run_and_counts_for_all_arms(
    tmp_path: Path, measured: Iterator[list[TrialSpec]]
) -> None:
    specs, results = next(measured), tmp_path / "results"
    grid = str(write_grid(tmp_path, ROTARY, seeds=2, **AUTO))
    before = make_plan(grid, [], results)
    assert "planned with train.compile=false; measured, and decided" in _said(before)
    assert (before["switches"], specs, results.exists()) == ([], [], False)
    code, said, _ = run_here(Path(grid), results)
    assert code == OK, said
    assert [spec.config["train"]["compile"] for spec in specs] == [False]
    assert "a step of the control is x1.30 (n=9, quartiles 1.20 and 1.40) as fast" in said
    assert WHY in said
    assert {row.spec.config["train"]["compile"] for row in rows(results).values()} == {True}
    after = make_plan(grid, [], results)
    assert after["trials"] == {"done": 4, "probation": 0, "to_run": 0}
    assert "train.compile=true" in _said(after)
    assert "nothing to do" in run_here(Path(grid), results)[1]
    assert len(specs) == 1
    notes = make_report(results, "g").report.notes
    assert any("train.compile=true: a step of the control" in note and "n=9" in note for note in notes)
    assert any("1 of an arm's seeds together" in note for note in notes)


def test_a_decision_from_another_machine_counts_here_and_is_said(tmp_path: Path) -> None:
    grid, results = str(write_grid(tmp_path, ROTARY, **AUTO)), tmp_path / "results"
    place = {"environment_class": "cuda-y", "device": "H100", "torch": "2.13.0", "threads": 4, "time": "2026-01-02"}
    (results / "g").mkdir(parents=True)  # as it comes home from a rented machine
    found = {"compile": {**place, **ON}, "fused": {**place, "seeds": 1, "why": "not faster"}}
    (results / "g" / "measured.json").write_text(json.dumps(found))
    made = make_plan(grid, [], results)
    assert (made["switches"], made["fused"]) == (["train.compile=true"], None)
    assert _said(made).count("was decided on H100, 4 threads, torch 2.13.0, 2026-01-02, another kind of machine") == 2


def test_runs_of_the_control_alone_share_the_decision(tmp_path: Path, measured: Iterator[list[TrialSpec]]) -> None:
    specs, results = next(measured), tmp_path / "results"
    grid = str(write_grid(tmp_path, ROTARY, **AUTO))
    alone = prepare(grid, [], results, lambda loaded: control_only(loaded, 3))
    settle.settle(alone, lambda: prepare(grid, [], results), print)
    assert (results / "g" / "measured.json").is_file()
    assert len(specs) == 1
    whole = prepare(grid, [], results)
    assert settle.settle(whole, lambda: prepare(grid, [], results), print) is whole
    assert whole.plan.control.config["train"]["compile"]


def test_of_two_that_measure_the_first_decision_counts(tmp_path: Path, measured: Iterator[list[TrialSpec]]) -> None:
    next(measured)
    grid, results = str(write_grid(tmp_path, ROTARY, **AUTO)), tmp_path / "results"
    one, other = prepare(grid, [], results), prepare(grid, [], results)
    settle.settle(one, lambda: prepare(grid, [], results), print)
    path = results / "g" / "measured.json"
    first = {**json.loads(path.read_bytes()), "compile": {**json.loads(path.read_bytes())["compile"], "on": False}}
    path.write_text(json.dumps(first))
    after = settle.settle(other, lambda: prepare(grid, [], results), print)
    assert json.loads(path.read_bytes()) == first
    assert not after.plan.control.config["train"]["compile"]


def test_what_multiplies_is_decided_first_and_the_rest_is_measured_with_it(
    tmp_path: Path, measured: Iterator[list[TrialSpec]], monkeypatch: pytest.MonkeyPatch
) -> None:
    specs, results = next(measured), tmp_path / "results"
    figures = {**{name: FIGURES[name] for name in ("ratio", "low", "high", "n", "block", "step_s")}}
    asked: list[int] = []

    def pays(together: list[TrialSpec], say: object) -> dict[str, Any]:
        asked.append(len(together))
        return {"on": True, "why": "", "figures": figures}

    monkeypatch.setattr(settle, "multiplying", pays)
    resources = {"resources": {"matmul": "auto", "compile": "auto"}}
    grid = str(write_grid(tmp_path, ROTARY, **resources))
    assert "planned with train.matmul=torch" in _said(make_plan(grid, [], results))
    whole = settle.settle(prepare(grid, [], results), lambda: prepare(grid, [], results), print)
    assert asked == [1]
    assert [spec.config["train"]["matmul"] for spec in specs] == ["onednn"]
    assert {arm.config["train"]["matmul"] for arm in whole.plan.arms} == {"onednn"}
    assert make_plan(grid, [], results)["switches"] == ["train.compile=true", "train.matmul=onednn"]


@pytest.mark.parametrize(("fused", "together"), [(2, 2), (16, 3)])
def test_what_multiplies_is_measured_on_as_many_as_go_together(
    fused: int, together: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []

    def refuses(specs: list[TrialSpec], say: object) -> dict[str, Any]:
        asked.append([spec.seeds.init for spec in specs])
        return {"on": False, "why": "it would not pay"}

    monkeypatch.setattr(settle, "multiplying", refuses)
    grid, results = str(write_grid(tmp_path, ROTARY, seeds=3, resources={"matmul": "auto", "fused": fused})), tmp_path
    settle.settle(prepare(grid, [], results), lambda: prepare(grid, [], results), print)
    assert asked == [list(range(1, together + 1))]


def test_what_a_measurement_switched_on_is_checked_before_anything_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "multiplying", lambda *_: ON)
    monkeypatch.setattr(matmul, "_multiplied", lambda rows, columns: 1.01 * torch.ops.tinker.product(rows, columns))
    grid, results = str(write_grid(tmp_path, ROTARY, resources={"matmul": "auto"})), tmp_path / "results"
    with pytest.raises(UserError, match=r"'base' is not run, .*'products': oneDNN and torch: losses differ"):
        run_grids([grid], [], results, Console(file=io.StringIO()))
    assert not list(results.glob("trials/*"))


def test_where_onednn_does_not_multiply_it_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settle, "multiplying", lambda *_: pytest.fail("it was measured"))
    results, half = tmp_path / "results", ["train.precision=bf16"]
    one = prepare(str(write_grid(tmp_path, ROTARY, resources={"matmul": "auto"})), half, results)
    assert settle.settle(one, lambda: one, print) is one
    assert not results.exists()
    said = "resources.matmul: auto: onednn is for fp32 on CPUs, and this is bf16 on "
    assert said in _said(make_plan(one.plan.grid.source.path.as_posix(), half, results))


@pytest.mark.parametrize(("gain", "compiled", "seeds"), [(1.1, True, 1), (1.5, False, 4)])
def test_of_two_that_exclude_each_other_the_faster_is_taken(gain: float, compiled: bool, seeds: int) -> None:
    fused = {"seeds": 4, "why": "", "figures": {"ratio": gain}}
    found = settle.one_of_two({"compile": ON, "fused": fused})
    assert (found["compile"]["on"], found["fused"]["seeds"]) == (compiled, seeds)
    assert "not compiled" in found["fused" if compiled else "compile"]["why"]


@pytest.mark.parametrize(
    ("cores", "arms", "seeds", "most"),
    [(1, 1, 8, 8), (2, 1, 8, 4), (2, 2, 8, 8), (4, 2, 8, 4), (16, 3, 8, 1), (64, 2, 8, 1), (2, 1, 3, 1)],
)
def test_no_worker_is_left_without_work_by_what_goes_as_one(
    cores: float, arms: int, seeds: int, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "here", lambda: Capacity(cores, 0.0))
    monkeypatch.setattr(settle, "fusing", lambda spec, count, *_: {"seeds": count, "why": ""})
    others = {f"arm{n}": {"model.n_embd": 16 * (n + 1)} for n in range(1, arms)}
    resources = {"fused": "auto", "cpus": 1}
    grid, results = str(write_grid(tmp_path, others, seeds=seeds, resources=resources)), tmp_path / "results"
    first = prepare(grid, [], results)
    assert len(first.plan.arms) == arms
    assert settle.settle(first, lambda: prepare(grid, [], results), print).plan.grid.together == most


def test_a_run_with_one_seed_decides_nothing_for_more(tmp_path: Path, measured: Iterator[list[TrialSpec]]) -> None:
    next(measured)
    results = tmp_path / "results"
    one = prepare(str(write_grid(tmp_path, ROTARY, seeds=1, **AUTO)), [], results)
    settle.settle(one, lambda: one, print)
    assert json.loads((results / "g" / "measured.json").read_bytes()).keys() == {"compile"}
    alone = {"resources": {"fused": "auto"}}
    one = prepare(str(write_grid(tmp_path, ROTARY, name="h", seeds=1, **alone)), [], results)
    assert settle.settle(one, lambda: one, print) is one
    assert not (results / "h").exists()


def test_a_measurement_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    grid, results = write_grid(tmp_path, ROTARY, resources={"compile": "auto"}), tmp_path / "results"
    scratch = Path(tempfile.mkdtemp(prefix="t"))  # a short path: Ray has sockets in it
    code = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()"
    command = [sys.executable, "-P", "-c", code, "run", str(grid), "--results", str(results)]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, stderr=-1, text=True, env=environment)
    assert process.stderr is not None
    assert any("measuring whether train.compile pays" in line for line in process.stderr)
    parent = psutil.Process(process.pid)
    while not any(map(_is_side, parent.children())):
        time.sleep(0.05)
    children = parent.children()  # with that which starts Ray
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert not [path for path in results.rglob("*") if "measured" in path.name or path.suffix == ".tmp"]
    assert not (results / "g").exists()
    assert psutil.wait_procs(children, timeout=60)[1] == []
    theirs = ("torchinductor_", "ray")  # what these libraries keep
    left = [path.name for path in scratch.iterdir() if not path.name.startswith(theirs)]
    shutil.rmtree(scratch)
    assert left == []


def _is_side(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it has ended meanwhile
        return "tinker.schedule.measured.side" in process.cmdline()
    return False
