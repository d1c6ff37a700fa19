"""A trial on two ranks of a CPU is the trial of one process, and whatever happens to one rank happens to the trial."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch
from rich.console import Console

import tinker
from model.gpt import GPT
from tests.train.parallel.conftest import Disturb
from tests.train.tiny import TINY, numbers, spec_of
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.schedule.single import train_one
from tinker.store.store import Store
from tinker.train.checkpoint import LAST
from tinker.train.evaluate import evaluate
from tinker.train.parallel.launch import RankFailed
from tinker.train.parallel.rank import RankDied
from tinker.train.probation import probe
from tinker.train.replay import replay
from tinker.train.trial import Hooks, run_trial

TEN = ("train.steps=10", "train.eval_every=5", "schedule.warmup_steps=2")
SPLIT = {"ddp": ("train.strategy=ddp",), "fsdp": ("train.strategy=fsdp", "train.accumulate=2")}


@pytest.fixture(scope="module", params=SPLIT)
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Ten steps on two ranks: name and keys of the strategy, the result, and the trial's folder."""
    keys, folder = SPLIT[request.param], tmp_path_factory.mktemp(request.param)
    result = run_trial(spec_of(*TEN, "train.devices=2", *keys), folder)
    return SimpleNamespace(strategy=request.param, keys=keys, result=result, folder=folder)


def test_two_ranks_train_as_one_process_does_dropout_included(two: SimpleNamespace, tmp_path: Path) -> None:
    alone, both = run_trial(spec_of(*TEN), tmp_path), two.result
    assert (both.status, both.steps) == ("done", 10)
    assert both.probes.first == pytest.approx(alone.probes.first, abs=1e-5)
    assert both.probes.lr == alone.probes.lr
    assert both.metrics["val_loss"] == pytest.approx(alone.metrics["val_loss"], abs=1e-5)
    assert (both.params, both.flops_per_token) == (alone.params, alone.flops_per_token)
    assert both.environment["ranks"] == {"count": 2, "strategy": two.strategy}
    assert "ranks" not in alone.environment


def test_an_interrupted_trial_on_two_ranks_goes_on_and_ends_as_if_it_had_not_been(
    two: SimpleNamespace, disturbed: Disturb, tmp_path: Path
) -> None:
    spec, told = disturbed(*TEN, *two.keys, seconds=0.25 / (2 if two.strategy == "fsdp" else 1)), 0

    def progress(step: int, steps: int) -> None:
        nonlocal told
        told = step

    cut = run_trial(spec, tmp_path, Hooks(progress, lambda: told >= 3))
    assert cut.status == "interrupted"
    assert 3 <= cut.steps < 10
    assert numbers(run_trial(spec, tmp_path)) == numbers(two.result), "its loss is cross entropy, only slower"


def test_a_checkpoint_of_two_ranks_is_the_whole_model(two: SimpleNamespace) -> None:
    config = TrialConfig.from_dict(spec_of(*TEN).config)
    corpus = load(config.data)
    model = GPT(config.gpt(corpus.vocab_size), seed=99)
    state = torch.load(two.folder / "checkpoint" / LAST, weights_only=True)["state_dict"]
    model.load_state_dict({name.removeprefix("model."): value for name, value in state.items()})
    found = evaluate(model, corpus, config.model.context, torch.device("cpu"))
    assert found["val_loss"] == pytest.approx(two.result.metrics["val_loss"], abs=1e-6)


def test_a_row_of_two_ranks_holds_on_probation_and_when_it_is_replayed(tmp_path: Path) -> None:
    steps = [*TEN, "train.steps=12"]  # as many as leave a checkpoint before the last ten
    overrides = [*TINY, *steps, "data.validation_documents=30", "train.accelerator=cpu", "train.devices=2"]
    assert train_one(overrides, 1, tmp_path, Console(quiet=True)) == 0
    [row] = Store(tmp_path).rows()
    assert "-2ddp-" in row.environment_class
    probation = probe(row.spec, row.folder)
    assert (probation["held"], probation["how"], probation["difference"]) == (True, "ends", None)
    assert replay(row).answer == "equal"


def test_a_rank_that_raises_fails_the_trial_with_its_traceback(disturbed: Disturb, tmp_path: Path) -> None:
    with pytest.raises(RankFailed, match=r"^rank 1 of 2:\nTraceback") as caught:
        run_trial(disturbed(how="raise"), tmp_path)
    assert 'disturbed.py", line' in str(caught.value)
    assert str(caught.value).splitlines()[-1] == "ArithmeticError: the plugin is broken"


def test_a_rank_that_is_killed_ends_the_trial(disturbed: Disturb, tmp_path: Path) -> None:
    with pytest.raises(RankDied, match=r"^rank 1 was killed by SIGKILL"):
        run_trial(disturbed(how="kill"), tmp_path)


#: Runs a trial, and tells its process ids once it trains.
KILLED = """
import json, sys, psutil
from pathlib import Path
from tinker.spec import TrialSpec
from tinker.train.parallel.launch import on_ranks
def tell(step, steps):
    print(json.dumps([child.pid for child in psutil.Process().children(recursive=True)]), flush=True)
on_ranks("train", TrialSpec.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2]), tell)
"""


def test_no_rank_outlives_who_started_it(disturbed: Disturb, tmp_path: Path) -> None:
    spec = disturbed("train.steps=10000", "train.eval_every=10000", seconds=0.1)
    command = [sys.executable, "-c", KILLED, json.dumps(spec.as_dict()), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert len(pids) == 3, "two ranks, and where they are born"
        children = [psutil.Process(pid) for pid in pids]
        parent.kill()
    _, left = psutil.wait_procs(children, timeout=30)
    for process in left:
        process.kill()
    assert not left
