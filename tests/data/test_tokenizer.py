"""Characters, bytes and byte pairs."""

from __future__ import annotations

import pytest

from tinker.data.tokenizer import KINDS, fit
from tinker.errors import ConfigError, UserError

TEXT = "the cat sat on the mat\nna\u00efve caf\u00e9 \U0001f600\n" * 40


@pytest.mark.parametrize("kind", KINDS)
def test_the_bytes_of_the_tokens_add_up_to_the_text(kind: str) -> None:
    tokenizer = fit(kind, TEXT, 280 if kind == "bpe" else None)
    tokens = tokenizer.encode(TEXT)
    assert tokens.min() >= 0 and tokens.max() < tokenizer.vocab_size
    assert sum(tokenizer.bytes_in(int(token)) for token in tokens) == len(TEXT.encode())


def test_characters_are_numbered_in_the_order_of_their_code_points() -> None:
    assert fit("char", "hello").encode("hole").tolist() == [1, 3, 2, 0]


def test_a_character_unseen_in_training_is_named_with_the_ways_out() -> None:
    with pytest.raises(UserError, match=r"'z' \(U\+007A\).*data\.tokenizer=byte"):
        fit("char", "abc").encode("cabz")


def test_byte_pairs_encode_any_text_and_no_pair_crosses_a_line() -> None:
    tokenizer = fit("bpe", "aaaa\n" * 100, 258)
    assert len(tokenizer.encode("aaaa")) == 1
    assert len(tokenizer.encode("aaaa\naa")) == 3
    assert len(tokenizer.encode("\u4e2d")) == 3  # three bytes never seen in training


def test_byte_pairs_are_the_same_each_time() -> None:
    text = "".join(chr(97 + i * i % 23) + (" " if i % 5 == 0 else "") for i in range(5000))
    assert fit("bpe", text, 300).encode(text).tolist() == fit("bpe", text, 300).encode(text).tolist()


def test_more_byte_pairs_than_the_text_has_is_an_error_that_says_how_many_there_are() -> None:
    with pytest.raises(ConfigError, match=r"data\.vocab_size: 4096 .* only 258 different ones"):
        fit("bpe", "aaaa\n" * 9, 4096)
