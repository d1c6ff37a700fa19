"""Random windows to train on; every validation token after the first predicted exactly once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tinker.data.tokens import Tokens
from tinker.data.windows import TextCorpus
from tinker.errors import UserError


def corpus(train: int = 1000, val: int = 100) -> TextCorpus:
    """Tokens that tell where in the text they stand."""
    return TextCorpus(
        "numbers", Tokens(np.arange(train), train + np.arange(val), train + val, val - 1, "0" * 16, "numbers", 0)
    )


@pytest.mark.parametrize("length", [2, 7, 8, 9, 16, 17, 100, 101])
@pytest.mark.parametrize("context", [1, 4, 8])
@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_each_validation_token_after_the_first_is_a_target_once(length: int, context: int, batch_size: int) -> None:
    targets = []
    for batch in corpus(val=length).validation(context, batch_size):
        kept = batch.weight > 0
        assert torch.equal(batch.targets[kept], batch.inputs[kept] + 1)
        targets += batch.targets[kept].tolist()
    assert targets == list(range(1001, 1000 + length))


def test_the_padding_of_the_last_window_weighs_nothing_and_is_at_its_end() -> None:
    last = list(corpus(val=12).validation(context=8, batch_size=1))[-1]
    assert last.weight.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]
    assert last.inputs.shape == last.targets.shape == (1, 8)
    assert last.inputs.dtype == last.targets.dtype == torch.long
    assert last.floor is None
    assert last.skill is None


def test_a_batch_is_windows_of_the_training_split_shifted_by_one() -> None:
    inputs, targets = corpus().batch(seed=3, step=5, batch_size=16, context=10)
    assert inputs.shape == targets.shape == (16, 10)
    assert inputs.dtype == targets.dtype == torch.long
    assert torch.equal(inputs + 1, targets)
    assert torch.equal(inputs, inputs[:, :1] + torch.arange(10))
    assert inputs.min() >= 0 and targets.max() < 1000


def test_every_window_can_be_drawn_the_last_one_included() -> None:
    starts = {int(x) for step in range(50) for x in corpus(train=8).batch(0, step, 16, context=5)[0][:, 0]}
    assert starts == {0, 1, 2}


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    one, other = corpus(), corpus()
    forward = [one.batch(1, step, 4, 8)[0] for step in range(20)]
    backward = [other.batch(1, step, 4, 8)[0] for step in reversed(range(20))][::-1]
    assert all(torch.equal(a, b) for a, b in zip(forward, backward, strict=True))
    assert not torch.equal(forward[0], forward[1])
    assert not torch.equal(forward[0], one.batch(2, 0, 4, 8)[0])


def test_a_training_split_shorter_than_a_window_is_an_error_with_both_lengths() -> None:
    with pytest.raises(UserError, match=r"9 tokens.*model\.context = 9 needs 10"):
        corpus(train=9).batch(0, 0, 1, context=9)
    inputs, _ = corpus(train=10).batch(0, 0, 1, context=9)
    assert inputs.tolist() == [list(range(9))]
