"""What must hold of every variant of every slot, and of the ways in which they meet."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from model.dropout import set_dropout_key
from model.gpt import GPT
from tests.model.tiny import ARMS, SIZE, VARIANTS, tiny, tokens

every_arm = pytest.mark.parametrize("changes", ARMS.values(), ids=ARMS)


def can_drop(changes: dict[str, Any]) -> bool:
    return changes.get("backend") != "sdpa"


@every_arm
def test_logits_have_one_row_per_token_and_are_finite(changes: dict[str, Any]) -> None:
    model = GPT(tiny(**changes), seed=0)
    for length in (1, 4, SIZE["context"]):
        logits = model(tokens(3, length))
        assert logits.shape == (3, length, SIZE["vocab_size"])
        assert logits.isfinite().all()


@every_arm
def test_parameters_have_the_default_precision(changes: dict[str, Any]) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        model = GPT(tiny(**changes), seed=0)
    finally:
        torch.set_default_dtype(torch.float32)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}


def test_only_matrices_of_linear_maps_and_embeddings_have_two_dimensions() -> None:
    for arm, changes in VARIANTS.items():  # what has fewer does not decay, and what starts at a constant is not to
        for path, module in GPT(tiny(**changes), seed=0).named_modules():
            if not isinstance(module, (nn.Linear, nn.Embedding)):
                found = [name for name, parameter in module.named_parameters(recurse=False) if parameter.dim() > 1]
                assert not found, (arm, path)


@every_arm
def test_no_token_sees_a_later_one(changes: dict[str, Any]) -> None:
    model, before = GPT(tiny(**changes), seed=0), tokens(1, 6)
    logits = model(before)
    for place in range(6):
        after = before.clone()
        after[0, place] = (after[0, place] + 1) % SIZE["vocab_size"]
        changed = model(after)
        assert torch.equal(changed[:, :place], logits[:, :place])
        assert not torch.equal(changed[:, place], logits[:, place])


@every_arm
def test_gradients_are_those_of_finite_differences(changes: dict[str, Any]) -> None:
    sharp = {"init": "fan_in", **changes}  # larger weights: no gradient hides below the tolerance
    model = GPT(tiny(**sharp, context=3), seed=0).double()
    names, values = zip(*model.named_parameters(), strict=True)
    text, following = tokens(1, 3, seed=1), tokens(1, 3, seed=2)

    def loss(*parameters: torch.Tensor) -> torch.Tensor:
        named = dict(zip(names, parameters, strict=True))
        return torch.func.functional_call(model, named, (text, following))

    assert torch.autograd.gradcheck(loss, values, atol=1e-7, rtol=1e-4, fast_mode=True)


@every_arm
def test_every_parameter_gets_a_gradient(changes: dict[str, Any]) -> None:
    model = GPT(tiny(**changes), seed=0)
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    reached: set[str] = set()
    # Two batches and a step between them: a map that starts at zero hides what is behind it, and a router may leave an
    # expert without a token. Both last for a moment; what is dead stays dead.
    for seed in (0, 1):
        optimizer.zero_grad()
        text = tokens(4, 6, seed=seed)
        model(text, text.roll(-1, 1)).backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None and parameter.grad.isfinite().all(), name
            reached |= {name} if parameter.grad.any() else set()
        optimizer.step()
    assert reached == {name for name, _ in model.named_parameters()}


@every_arm
def test_dropout_acts_in_training_and_not_in_evaluation(changes: dict[str, Any]) -> None:
    if not can_drop(changes):
        with pytest.raises(ValueError, match=r"^model\.backend\.type: sdpa cannot drop .*type=eager"):
            tiny(**changes, dropout=0.5)
        return
    text = tokens(2, 6)
    plain, dropping = GPT(tiny(**changes), seed=0), GPT(tiny(**changes, dropout=0.5), seed=0)
    set_dropout_key(dropping, seed=0, step=0)
    assert not torch.equal(dropping(text), plain(text))
    assert torch.equal(dropping.eval()(text), plain.eval()(text))


@every_arm
def test_equal_seeds_give_equal_bits_and_other_seeds_do_not(changes: dict[str, Any]) -> None:
    def trained(seed: int) -> torch.Tensor:
        model = GPT(tiny(**changes, dropout=0.2 if can_drop(changes) else 0.0), seed)
        optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
        for step in range(3):
            set_dropout_key(model, seed, step)
            text = tokens(2, 6, seed=step)
            optimizer.zero_grad()
            model(text, text.roll(-1, 1)).backward()
            optimizer.step()
        return model.eval()(tokens(2, 6))

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


@every_arm
def test_training_lowers_the_loss(changes: dict[str, Any]) -> None:
    model, text = GPT(tiny(**changes), seed=0), tokens(4, 6)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    losses = []
    for _ in range(20):
        loss = model(text, text.roll(-1, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
