"""What makes a trial fast changes no result: whole trials of twelve seeds with a switch on and off.

Where a switch rounds otherwise, a trial is equal to itself at first and equivalent in the end. Equal seeds share their
initial values, data and dropout, so ends are compared in pairs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.equivalence import SIDES, Agreement, agreement, results_of
from benchmarks.fused import specs_of
from tests.train.tiny import TINY, numbers
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial

pytestmark = [
    pytest.mark.xdist_group("equivalence"),  # so that the plain side is trained once
    pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning"),  # the compiler's
]

SEEDS = range(1, 13)
#: A whole schedule, in which the loss falls from 2.9 to 2.26; with dropout, and nearly every gradient is clipped.
TRIAL = (
    *TINY,
    "train.accelerator=cpu",
    "train.steps=120",
    "train.eval_every=120",
    "train.grad_clip=0.5",
    "schedule.warmup_steps=10",
    "data.validation_documents=100",
)
#: The sums of that model are so short that both libraries round alike: a wider one, at a rate that suits it.
WIDER = (*TRIAL, "model.n_embd=64", "optimizer.lr=2e-3")
#: Largest difference of a training loss in the first 50 steps, nats.
WITHIN = 1e-4
#: Of the mean difference, sd between seeds. Eight seeds a side find 1.5 sd with a power of 80 %, so what a switch may
#: do without notice is a fifteenth of what a grid of that size may find.
MARGIN = 0.1
#: How far one seed may end from itself, sd between seeds, and the sd with the switch over that without.
FURTHEST, SPREAD = 0.25, (0.9, 1.1)
COMPILER = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")


def _apart(found: Agreement) -> set[str]:
    """What speaks against equal trials."""
    low, high = SPREAD
    signs = {
        "first": found.first > WITHIN,
        "mean": found.p(MARGIN) > 0.05,
        "furthest": found.furthest > FURTHEST,
        "spread": not low <= found.sd_ratio <= high,
    }
    return {name for name, seen in signs.items() if seen}


def _needs_a_compiler() -> None:
    if COMPILER is None:
        pytest.skip("torch.compile needs a C++ compiler")


@pytest.fixture(scope="module")
def plain() -> Sequence[TrialResult]:
    return results_of(TRIAL, SEEDS)


@pytest.fixture(scope="module")
def wider() -> Sequence[TrialResult]:
    return results_of(WIDER, SEEDS)


@pytest.mark.parametrize("side", [side for side in SIDES if "matmul" not in side])
def test_a_switch_changes_no_result(side: str, plain: Sequence[TrialResult]) -> None:
    overrides, fused = SIDES[side]
    if "compile" in side:
        _needs_a_compiler()
    found = agreement(plain, results_of([*TRIAL, *overrides], SEEDS, fused=fused))
    assert found.n == 12
    assert found.first > 0, "the switch does nothing"
    assert not _apart(found), found


@pytest.mark.parametrize("side", [side for side in SIDES if "matmul" in side])
def test_another_librarys_products_change_no_result(side: str, wider: Sequence[TrialResult]) -> None:
    overrides, fused = SIDES[side]
    if "compile" in side:
        _needs_a_compiler()
    found = agreement(wider, results_of([*WIDER, *overrides], SEEDS, fused=fused))
    assert not _apart(found), found
    few, without = SEEDS[:3], [each for each in overrides if "matmul" not in each]
    sides = [results_of([*WIDER, *switches], few, fused=fused) for switches in (without, overrides)]
    assert agreement(*sides).first > 0, "the switch does nothing beside the others"


def test_a_compiled_trial_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    _needs_a_compiler()
    [spec] = specs_of([*TRIAL, "train.compile=true"], [1])
    whole = run_trial(spec, tmp_path / "whole")
    asked = iter([False] * 69 + [True] * 51)
    cut = run_trial(spec, tmp_path / "cut", Hooks(should_stop=lambda: next(asked)))
    assert (cut.status, cut.steps) == ("interrupted", 70)
    assert numbers(run_trial(spec, tmp_path / "cut")) == numbers(whole)


@pytest.mark.parametrize("fault", ["optimizer.lr=6.6e-3", "model.dropout=0", "train.grad_clip=null"])
def test_a_fault_of_that_kind_would_be_found(fault: str, plain: Sequence[TrialResult]) -> None:
    found = agreement(plain, results_of([*TRIAL, fault], SEEDS, fused=True))
    assert _apart(found) >= {"first", "mean", "furthest"}, found


@pytest.mark.parametrize(
    ("ends", "signs"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], set()),
        ([1.01, 1.99, 3.02, 4.0, 5.01, 5.99, 7.0, 8.0], set()),
        ([1.2, 2.3, 3.2, 4.3, 5.2, 6.3, 7.2, 8.2], {"mean"}),
        ([1.3, 2.3, 3.3, 4.3, 5.3, 6.3, 7.3, 8.3], {"mean"}),
        ([0.5, 1.6, 2.8, 3.9, 5.1, 6.2, 7.4, 8.5], {"spread"}),
        ([1.0, 2.0, 3.0, 4.64, 5.0, 6.0, 7.0, 8.0], {"furthest"}),
    ],
    ids=["equal", "rounded", "shifted", "all shifted alike", "spread out", "one of them elsewhere"],
)
def test_each_sign_is_seen_alone(ends: list[float], signs: set[str]) -> None:
    found = Agreement.of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], ends, first=0.0)
    assert _apart(found) == signs


def test_a_first_loss_that_is_another_is_seen() -> None:
    assert _apart(Agreement.of([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], first=2e-4)) == {"first"}
