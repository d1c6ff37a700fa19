"""The control against the published architecture, written out here in numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model.gpt import GPT
from tests.model.tiny import pick, tiny, tokens

Array = NDArray[np.float64]


def norm(x: Array, gain: Array) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * gain


def gelu(x: Array) -> Array:
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def published(weights: dict[str, Array], text: list[int], n_layer: int, n_head: int) -> Array:
    """Logits (T, V) of one sequence, one head and one query at a time."""
    table = weights["embedding.table.weight"]
    x = np.stack([table[token] + weights["position.table.weight"][place] for place, token in enumerate(text)])
    for layer in range(n_layer):
        block = {k.removeprefix(f"blocks.{layer}."): w for k, w in weights.items() if k.startswith(f"blocks.{layer}.")}
        h = norm(x, block["attention_norms.before.weight"])
        q, k, v = (h @ block[f"attention.{name}.weight"].T for name in ("query", "key", "value"))
        width = q.shape[1] // n_head
        read = np.zeros_like(x)
        for head in range(n_head):
            own = slice(head * width, (head + 1) * width)
            for t in range(len(text)):
                scores = k[: t + 1, own] @ q[t, own] / math.sqrt(width)
                weight = np.exp(scores - scores.max())
                read[t, own] = weight / weight.sum() @ v[: t + 1, own]
        x = x + read @ block["attention.out.weight"].T
        h = norm(x, block["mlp_norms.before.weight"])
        x = x + gelu(h @ block["mlp.up.weight"].T) @ block["mlp.down.weight"].T
    return norm(x, weights["norm.weight"]) @ table.T


def test_logits_are_those_of_the_published_architecture() -> None:
    model = GPT(tiny(n_layer=3, n_head=4, n_embd=16, init="fan_in"), seed=3)
    text = tokens(2, 6)
    weights = {name: value.double().numpy() for name, value in model.state_dict().items()}
    for row, logits in zip(text.tolist(), model(text).detach().numpy(), strict=True):
        np.testing.assert_allclose(logits, published(weights, row, n_layer=3, n_head=4), rtol=0, atol=1e-5)


def test_an_untrained_model_knows_nothing() -> None:
    model, text = GPT(tiny(vocab_size=50, n_embd=32), seed=0), tokens(8, 6, vocab_size=50)
    assert model(text, text.roll(-1, 1)).item() == pytest.approx(math.log(50), abs=0.05)


def test_one_batch_is_learned_by_heart() -> None:
    model = GPT(tiny(n_embd=32, context=16, vocab_size=11), seed=0)
    text = tokens(4, 17, vocab_size=11)
    # The first token cannot tell the sequences apart unless it differs, so that 0 is within reach.
    text[:, 0] = torch.arange(4)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
    for _ in range(150):
        loss = model(text[:, :-1], text[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05


def test_the_loss_is_the_mean_of_the_tokens_nats() -> None:
    model, text, following = GPT(tiny(init="fan_in"), seed=0), tokens(3, 5), tokens(3, 5, seed=1)
    logits = model(text)
    nats = model.token_nats(logits, following)
    probability = logits.softmax(-1)[1, 2, following[1, 2]]
    assert nats.shape == (3, 5)
    assert nats[1, 2].item() == pytest.approx(-math.log(probability.item()), abs=1e-6)
    assert model(text, following).item() == pytest.approx(nats.mean().item(), abs=1e-6)


def test_a_sequence_longer_than_the_context_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^model\.context: 7 tokens do not fit; allowed: up to 6"):
        GPT(tiny(), seed=0)(tokens(1, 7))


def test_an_untied_head_is_a_matrix_of_its_own() -> None:
    model = GPT(tiny(embedding=pick("embedding", "token", tied=False)), seed=0)
    text = tokens(1, 6)
    before = model(text)
    with torch.no_grad():
        model.get_parameter("embedding.head.weight").mul_(2)
    torch.testing.assert_close(model(text), 2 * before)


def test_buffers_are_not_in_a_checkpoint() -> None:
    model = GPT(tiny(position="rotary", dropout=0.1), seed=0)
    assert set(model.state_dict()) == {name for name, _ in model.named_parameters()}
