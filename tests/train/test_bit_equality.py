"""A trial's numbers depend on its spec alone: not on what ran before it, nor on whether it was cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import tinker
from tests.train.tiny import numbers, spec_of, values
from tinker.schedule.missing import class_of, code_of
from tinker.schedule.work import WorkItem
from tinker.schedule.worker import execute
from tinker.store.layout import Layout
from tinker.train.checkpoint import LAST
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial

#: Trains a spec, saving at every step, in children that die after a given step as a machine that crashes does.
KILLED = """
import json, os, signal, sys
from pathlib import Path
from tinker.spec import TrialSpec
from tinker.train.trial import Hooks, run_trial
spec = TrialSpec.from_dict(json.loads(sys.argv[1]))
for step in sys.argv[3:]:
    def die(now, steps):
        if now == int(step):
            os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if child == 0:
        run_trial(spec, Path(sys.argv[2], step), Hooks(progress=die))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
"""

#: Trains some specs at the same time, in children that wait for each other, and writes what came out.
SIDE_BY_SIDE = """
import json, os, sys
from pathlib import Path
from tinker.spec import TrialSpec
from tinker.train.trial import run_trial
go, gate = os.pipe()
children = []
for number, text in enumerate(sys.argv[2:]):
    folder = Path(sys.argv[1], str(number))
    child = os.fork()
    if child == 0:
        os.close(gate)
        os.read(go, 1)
        result = run_trial(TrialSpec.from_dict(json.loads(text)), folder)
        (folder / "result.json").write_text(json.dumps(result.as_dict()))
        os._exit(0)
    children.append(child)
os.close(gate)
assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
"""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    return run_trial(spec_of(), tmp_path_factory.mktemp("alone"))


def _stopped_at(step: int) -> Hooks:
    """Asks the trial to stop after that step; it is asked once a step."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked >= step

    return Hooks(should_stop=should_stop)


def _run(script: str, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", script, *arguments], env=environment, check=True)


def test_the_record_of_a_whole_trial_is_complete(alone: TrialResult) -> None:
    assert (alone.status, alone.steps) == ("done", 40)
    assert list(values(alone, "val_loss")) == [10, 20, 30, 40]
    assert alone.metrics["val_loss"] == values(alone, "val_loss")[40]
    assert (len(alone.probes.first), len(alone.probes.last)) == (10, 10)
    for name in ("train_loss", "val_loss", "excess", "best_val_loss", "tokens_per_s", "seconds", "rss_bytes"):
        assert name in alone.metrics


def test_the_fifth_trial_of_a_process_is_as_if_alone(alone: TrialResult, tmp_path: Path) -> None:
    others = ["model.attention=linear", "model.position=rotary", "train.grad_clip=null", "optimizer.lr=0.1"]
    for n, other in enumerate(others):
        torch.manual_seed(n)
        run_trial(spec_of(other, seed=n), tmp_path / str(n))
    assert numbers(run_trial(spec_of(), tmp_path / "fifth")) == numbers(alone)


def test_another_seed_gives_other_numbers(alone: TrialResult, tmp_path: Path) -> None:
    other = run_trial(spec_of(seed=2), tmp_path)
    assert other.probes.first[0] != alone.probes.first[0]
    assert other.metrics["val_loss"] != alone.metrics["val_loss"]


@pytest.mark.parametrize("stops", [[1], [10], [23], [35], [7, 20, 2]])
def test_an_interrupted_trial_ends_as_if_it_had_not_been(alone: TrialResult, tmp_path: Path, stops: list[int]) -> None:
    at = 0
    for stop in stops:
        at += stop
        cut = run_trial(spec_of(), tmp_path, _stopped_at(stop))
        assert (cut.status, cut.steps) == ("interrupted", at)
    assert numbers(run_trial(spec_of(), tmp_path)) == numbers(alone)


def test_an_interrupt_after_the_last_step_comes_too_late(tmp_path: Path) -> None:
    assert run_trial(spec_of(), tmp_path, _stopped_at(40)).status == "done"


def test_a_killed_trial_goes_on_and_ends_as_if_it_had_not_been(alone: TrialResult, tmp_path: Path) -> None:
    spec, kills = spec_of("checkpoint.minutes=1e-9"), (2, 14, 37)
    _run(KILLED, json.dumps(spec.as_dict()), str(tmp_path), *map(str, kills))
    for step in kills:
        # The progress of a step is told before its checkpoint is saved: the last one saved is that of the step before.
        seen: list[int] = []
        result = run_trial(spec, tmp_path / str(step), Hooks(progress=lambda step, steps, seen=seen: seen.append(step)))
        assert seen == list(range(step, 41)), "it has to go on, not to start again"
        assert numbers(result) == numbers(alone)


def test_a_checkpoint_of_other_code_is_not_gone_on_from(alone: TrialResult, tmp_path: Path) -> None:
    run_trial(spec_of(), tmp_path, _stopped_at(15))
    last = tmp_path / "checkpoint" / LAST
    saved = torch.load(last, weights_only=True)
    torch.save({**saved, "code": "0" * 16, "state_dict": {k: v + 1 for k, v in saved["state_dict"].items()}}, last)
    seen: list[int] = []
    result = run_trial(spec_of(), tmp_path, Hooks(progress=lambda step, steps: seen.append(step)))
    assert seen[0] == 1
    assert numbers(result) == numbers(alone)


def test_a_torn_checkpoint_is_not_gone_on_from(alone: TrialResult, tmp_path: Path) -> None:
    run_trial(spec_of(), tmp_path, _stopped_at(15))
    last = tmp_path / "checkpoint" / LAST
    last.write_bytes(last.read_bytes()[:1000])
    assert numbers(run_trial(spec_of(), tmp_path)) == numbers(alone)


@pytest.mark.parametrize("every", [4, 40])
def test_how_often_it_is_evaluated_does_not_disturb_training(alone: TrialResult, tmp_path: Path, every: int) -> None:
    other = run_trial(spec_of(f"train.eval_every={every}"), tmp_path)
    mine, its = values(alone, "val_loss"), values(other, "val_loss")
    common = mine.keys() & its.keys()
    assert common
    assert all(mine[step] == its[step] for step in common)
    assert other.probes == alone.probes


def test_how_often_it_is_saved_does_not_disturb_training(alone: TrialResult, tmp_path: Path) -> None:
    for rule in (("checkpoint.minutes=1e-9", "checkpoint.keep=all"), ("checkpoint.keep=none",)):
        assert numbers(run_trial(spec_of(*rule), tmp_path / rule[-1])) == numbers(alone)


def test_trials_side_by_side_are_as_if_alone(alone: TrialResult, tmp_path: Path) -> None:
    specs = [spec_of(), spec_of("model.attention=linear"), spec_of(seed=2), spec_of()]
    _run(SIDE_BY_SIDE, str(tmp_path), *(json.dumps(spec.as_dict()) for spec in specs))
    results = [TrialResult.from_dict(json.loads(path.read_text())) for path in sorted(tmp_path.glob("*/result.json"))]
    assert [numbers(result) for result in (results[0], results[3])] == [numbers(alone)] * 2
    assert numbers(results[2]) == numbers(run_trial(specs[2], tmp_path / "seed 2"))


def test_a_worker_gives_what_a_call_gives(alone: TrialResult, tmp_path: Path) -> None:
    spec = spec_of()
    item = WorkItem((spec,), "train", str(tmp_path), str(tmp_path), str(tmp_path / "stop"), (code_of(spec),))
    [outcome] = execute(WorkItem.from_dict(item.as_dict()))
    assert outcome.result is not None
    assert numbers(outcome.result) == numbers(alone)
    assert outcome.environment_class == class_of(spec)
    assert (Layout(tmp_path).trial(spec.id, outcome.environment_class).checkpoint / LAST).exists()
