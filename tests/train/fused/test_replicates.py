"""Trials that are trained together come out as if each had been alone, to rounding, and are recorded like that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from model.gpt import GPT
from tests.train.tiny import numbers, spec_of, values
from tinker.train import recorder, training
from tinker.train.checkpoint import LAST, Checkpointer
from tinker.train.fused.run import run_replicates
from tinker.train.fused.together import Together
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial

SEEDS = (1, 2, 3)
#: A limit that every step's gradient is above: rows scaled by a common norm would show at once.
CLIPPED = "train.grad_clip=0.05"


def _together(folder: Path, *overrides: str, hooks: list[Hooks] | None = None) -> list[TrialResult]:
    specs = [spec_of(*overrides, seed=seed) for seed in SEEDS]
    return run_replicates(specs, [folder / str(seed) for seed in SEEDS], hooks)


def _alone(folder: Path, *overrides: str, seed: int) -> TrialResult:
    return run_trial(spec_of(*overrides, seed=seed), folder / str(seed))


def _was_fused(result: TrialResult) -> bool:
    return result.environment.get("fused", {}).get("replicates") == len(SEEDS)


@pytest.fixture(scope="module")
def fused(tmp_path_factory: pytest.TempPathFactory) -> list[TrialResult]:
    return _together(tmp_path_factory.mktemp("fused"))


@pytest.mark.parametrize(
    ("arm", "within"),
    [
        ((CLIPPED,), 1e-4),
        (("optimizer=lion", CLIPPED), 1e-4),
        (("optimizer=soap",), 1e-4),
        (("optimizer=schedule_free", "schedule=constant"), 1e-4),
        (("optimizer=muon",), 2e-3),  # it rounds its steps to bf16, which makes more of a difference
        (("recipe=llama", "model.n_head=4", "model.attention={type:full,kv_heads:2}", "model.dropout=0.1"), 1e-4),
        (("model.attention={type:window,size:5}", "model.init=mup", "train.grad_clip=null"), 1e-4),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_first_50_losses_are_those_of_separate_trials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arm: tuple[str, ...], within: float
) -> None:
    monkeypatch.setattr(recorder, "PROBE_STEPS", 50)  # so many losses are kept
    short = ("train.steps=60", "train.until=50", "train.eval_every=25", "data.validation_documents=2", *arm)
    for seed, together in zip(SEEDS, _together(tmp_path / "together", *short), strict=True):
        alone = _alone(tmp_path / "alone", *short, seed=seed)
        assert _was_fused(together)
        assert len(together.probes.first) == 50
        assert together.probes.first == pytest.approx(alone.probes.first, abs=within)
        assert values(together, "val_loss") == pytest.approx(values(alone, "val_loss"), abs=within)
        assert values(together, "lr") == values(alone, "lr")
        assert together.probes.lr == alone.probes.lr
        assert together.params == alone.params


def test_each_has_a_record_of_its_own(fused: list[TrialResult], tmp_path: Path) -> None:
    assert len({result.metrics["val_loss"] for result in fused}) == len(SEEDS)
    for seed, result in zip(SEEDS, fused, strict=True):
        alone = _alone(tmp_path, seed=seed)
        assert result.status == "done"
        assert result.steps == 40
        assert result.code == alone.code
        assert [(p.step, p.metric) for p in result.curve] == [(p.step, p.metric) for p in alone.curve]
        assert {**result.environment, "fused": None} == {**alone.environment, "fused": None}


def test_the_same_again_is_the_same_bit_by_bit(fused: list[TrialResult], tmp_path: Path) -> None:
    assert [numbers(result) for result in _together(tmp_path)] == [numbers(result) for result in fused]


def _stopped_at(step: int) -> list[Hooks]:
    """One of them is asked to stop after that step."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked >= step

    return [Hooks(), Hooks(should_stop=should_stop), Hooks()]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"], ids=["one optimizer", "one for each"])
def test_what_is_interrupted_together_goes_on_together_as_if_it_had_not_been(tmp_path: Path, optimizer: str) -> None:
    chosen = f"optimizer={optimizer}"
    whole = _together(tmp_path / "whole", chosen)
    cut = _together(tmp_path / "cut", chosen, hooks=_stopped_at(23))
    assert [(result.status, result.steps) for result in cut] == [("interrupted", 23)] * len(SEEDS)
    gone_on = _together(tmp_path / "cut", chosen)
    assert [numbers(result) for result in gone_on] == [numbers(result) for result in whole]


def test_what_was_begun_together_can_go_on_alone(fused: list[TrialResult], tmp_path: Path) -> None:
    _together(tmp_path, hooks=_stopped_at(23))
    for seed, whole in zip(SEEDS, fused, strict=True):
        seen: list[int] = []
        hooks = Hooks(progress=lambda step, steps, seen=seen: seen.append(step))
        result = run_trial(spec_of(seed=seed), tmp_path / str(seed), hooks)
        assert seen == list(range(24, 41))
        assert result.metrics["val_loss"] == pytest.approx(whole.metrics["val_loss"], abs=1e-5)
        assert values(result, "val_loss")[20] == values(whole, "val_loss")[20]


def test_what_was_begun_alone_can_go_on_together_once_all_stand_at_one_step(
    fused: list[TrialResult], tmp_path: Path
) -> None:
    for seed in SEEDS[:2]:
        asked = _stopped_at(17)[1]
        run_trial(spec_of(seed=seed), tmp_path / str(seed), asked)
    results = _together(tmp_path)
    assert ["fused" in result.environment for result in results] == [True, True, False]
    for result, whole in zip(results, fused, strict=True):
        assert result.status == "done"
        assert result.metrics["val_loss"] == pytest.approx(whole.metrics["val_loss"], abs=1e-5)


def test_a_checkpoint_is_that_of_a_single_trial(tmp_path: Path) -> None:
    _together(tmp_path / "together")
    _alone(tmp_path / "alone", seed=2)
    mine, its = (tmp_path / way / "2" / "checkpoint" / LAST for way in ("together", "alone"))
    assert abs(mine.stat().st_size - its.stat().st_size) < 0.1 * its.stat().st_size, "not with the weights of all"
    here, there = (torch.load(path, weights_only=True) for path in (mine, its))
    assert here.keys() == there.keys()
    assert here["global_step"] == there["global_step"] == 40
    assert here["lr_schedulers"] == there["lr_schedulers"]
    states = [saved["optimizer_states"][0] for saved in (here, there)]
    assert states[0]["param_groups"] == states[1]["param_groups"]
    for number, slots in states[1]["state"].items():
        for name, value in slots.items():
            assert torch.allclose(states[0]["state"][number][name], value, atol=1e-5)
    for path, value in there["state_dict"].items():
        assert torch.allclose(here["state_dict"][path], value, atol=1e-5)


def test_the_clock_saves_all_at_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def passing() -> float:
        nonlocal now
        now += 0.1  # no two looks at the clock agree
        return now

    monkeypatch.setattr("tinker.train.checkpoint.monotonic", passing)
    saved: set[tuple[int, ...]] = set()

    def tell(step: int, steps: int) -> None:
        found = [tmp_path / str(seed) / "checkpoint" / LAST for seed in SEEDS]
        if all(path.exists() for path in found):
            saved.add(tuple(torch.load(path, weights_only=True)["global_step"] for path in found))

    _together(tmp_path, "checkpoint.minutes=0.1", hooks=[Hooks(progress=tell), Hooks(), Hooks()])
    assert len(saved) > 2
    assert all(len(set(steps)) == 1 for steps in saved)


def test_one_that_has_ended_makes_the_others_save_no_more_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saves no more, so by the clock it would be due for ever."""
    looks: list[list[bool]] = []
    look = Together.look

    def note(self: Together, checkpointers: Sequence[Checkpointer]) -> None:
        looks.append([each.recorder.diverged for each in checkpointers])
        look(self, checkpointers)

    monkeypatch.setattr(Together, "look", note)
    build = training.GPT

    def poisoned(config: Any, seed: int) -> GPT:
        model = build(config, seed)
        if seed == SEEDS[1]:
            with torch.no_grad():
                next(model.parameters())[0, 0] = torch.nan
        return model

    monkeypatch.setattr(training, "GPT", poisoned)
    _together(tmp_path)
    assert len(looks[0]) == len(SEEDS)
    assert len(looks[-1]) == len(SEEDS) - 1
    assert not any(any(each) for each in looks)


def test_trials_of_two_models_are_no_replicates(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="seeds, optimizer and schedule"):
        run_replicates([spec_of(), spec_of("model.position=rotary")], [tmp_path / "a", tmp_path / "b"])


#: Of a search: rates, other betas, and another end of the schedule.
RATES = (
    ("optimizer.lr=1e-3",),
    ("optimizer.lr=3e-2", "optimizer.weight_decay=0.3"),
    ("optimizer.lr=1e-2", "schedule.warmup_steps=7"),
)


@pytest.mark.parametrize("optimizer", ["adamw", "lion"])
def test_rates_of_a_search_go_together_too(tmp_path: Path, optimizer: str) -> None:
    specs = [spec_of(f"optimizer={optimizer}", CLIPPED, *rate, seed=1) for rate in RATES]
    alone = [run_trial(spec, tmp_path / "alone" / str(place)) for place, spec in enumerate(specs)]
    folders = [tmp_path / "cut" / str(place) for place in range(len(specs))]
    cut = run_replicates(specs, folders, _stopped_at(23))
    assert [(result.status, result.steps) for result in cut] == [("interrupted", 23)] * len(specs)
    for one, its in zip(run_replicates(specs, folders), alone, strict=True):
        assert _was_fused(one)
        assert one.probes.first == pytest.approx(its.probes.first, abs=1e-4)
        assert values(one, "lr") == values(its, "lr")
        assert values(one, "val_loss") == pytest.approx(values(its, "val_loss"), abs=1e-4)
    assert len({one.metrics["val_loss"] for one in alone}) == len(alone)


def test_each_has_its_own_mirror_and_what_is_refused_leaves_one(tmp_path: Path) -> None:
    _together(tmp_path / "fused", "logger=csv")
    _together(tmp_path / "alone", "logger=csv", "model.mlp=moe")
    for way in ("fused", "alone"):
        lengths = {len((tmp_path / way / str(seed) / "csv" / "metrics.csv").read_text().splitlines()) for seed in SEEDS}
        assert lengths == {5}, "a header and four evaluations"
