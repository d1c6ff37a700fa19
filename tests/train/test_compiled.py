"""A compiled trial is the one that it would be alone, whatever was compiled before it in its process."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from model.gpt import GPT
from tests.train.tiny import spec_of
from tinker.train import compiled
from tinker.train.evaluate import TOKENS_PER_PASS
from tinker.train.trial import run_trial

SHORT = ("train.steps=2", "train.eval_every=2", "schedule.warmup_steps=0", "train.compile=true")
LONGER = "model.context=24"

Graphs = list[str]


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Graphs]:
    """What is handed to the compiler, as code; the numbers that are not known while compiling have names in it."""
    found: Graphs = []

    def keep(graph: Any, inputs: object) -> Any:
        found.append(graph.print_readable(print_output=False))
        return graph.forward

    monkeypatch.setattr(GPT, "compile", functools.partialmethod(nn.Module.compile, backend=keep))
    monkeypatch.setattr(compiled, "_kind", None)
    yield found
    torch.compiler.reset()


def _compiled(graphs: Graphs, folder: Path, *overrides: str, seed: int = 1) -> Graphs:
    before = len(graphs)
    run_trial(spec_of(*SHORT, *overrides, seed=seed), folder / f"{seed} {' '.join(overrides)}")
    return graphs[before:]


def test_after_a_trial_of_another_shape_the_same_is_compiled(
    graphs: Graphs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = _compiled(graphs, tmp_path / "alone", LONGER)
    assert len(alone) == 2, "a step and an evaluation"
    torch.compiler.reset()  # as in a new process
    monkeypatch.setattr(compiled, "_kind", None)
    assert _compiled(graphs, tmp_path, "train.batch_size=6") not in ([], alone)
    assert _compiled(graphs, tmp_path, LONGER) == alone


def test_a_worker_never_stops_compiling(graphs: Graphs, tmp_path: Path) -> None:
    # torch's own limit is 8. Not by monkeypatch: torch would say then that there is none.
    with torch._dynamo.config.patch(recompile_limit=2):
        for width in (16, 32):
            assert len(_compiled(graphs, tmp_path, f"model.n_embd={width}")) == 2


def test_seeds_and_rates_of_one_kind_share_what_was_compiled(graphs: Graphs, tmp_path: Path) -> None:
    assert _compiled(graphs, tmp_path)
    assert not _compiled(graphs, tmp_path, seed=2)
    assert not _compiled(graphs, tmp_path, "optimizer.lr=0.001", "schedule=constant", "checkpoint.keep=none")


def test_an_evaluation_in_batches_like_a_steps_is_compiled_once(graphs: Graphs, tmp_path: Path) -> None:
    rows = TOKENS_PER_PASS // 16
    found = _compiled(graphs, tmp_path, f"train.batch_size={rows}", f"data.validation_documents={rows + 9}")
    assert len(found) == 2, "a step and an evaluation, whose last batch has 9 rows"
