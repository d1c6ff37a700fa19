"""Embeddings and heads against their formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from model.slots import EMBEDDING
from tests.model.tiny import pick, tiny, tokens


def built(name: str, **values: Any) -> Any:
    torch.manual_seed(0)
    return EMBEDDING.build(pick("embedding", name, **values), tiny())


def stream() -> torch.Tensor:
    return torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(1))


def test_a_scaled_embedding_is_multiplied_by_the_root_of_the_width_and_its_head_is_not() -> None:
    plain, scaled = built("token"), built("token", scale="sqrt_width")
    text, x = tokens(2, 6), stream()
    torch.testing.assert_close(scaled.embed(text), plain.embed(text) * 8**0.5)
    assert torch.equal(scaled.logits(x), plain.logits(x))


def test_a_factorised_table_is_the_product_of_two() -> None:
    embedding, text, x = built("factorised", rank=3), tokens(2, 6), stream()
    table = embedding.table.weight @ embedding.project.weight.T  # (V, C) of rank 3
    assert torch.linalg.matrix_rank(table) == 3
    torch.testing.assert_close(embedding.embed(text), table[text])
    torch.testing.assert_close(embedding.logits(x), x @ table.T)


def test_an_untied_factorised_head_is_a_product_of_its_own() -> None:
    embedding, x = built("factorised", rank=3, tied=False), stream()
    table = embedding.head.weight @ embedding.head_project.weight
    torch.testing.assert_close(embedding.logits(x), x @ table.T)
    assert len(list(embedding.parameters())) == 4


def test_the_rank_is_a_quarter_of_the_width_unless_said() -> None:
    assert built("factorised").table.weight.shape == (7, 2)


@pytest.mark.parametrize("rank", [0, 9])
def test_a_rank_beyond_the_width_is_refused(rank: int) -> None:
    with pytest.raises(ValueError, match=rf"^model\.embedding\.rank: {rank} is not within .*; allowed: 1 to 8"):
        tiny(embedding=pick("embedding", "factorised", rank=rank))
