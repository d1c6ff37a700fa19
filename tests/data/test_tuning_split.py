"""What tuning sees of a corpus: nothing of the validation split, and what it validates on it does not train on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.train.tiny import spec_of
from tinker.config.schema import TrialConfig
from tinker.data.corpora.grammar import Grammar
from tinker.data.corpora.text import Text
from tinker.data.corpus import DATA, Tunable, corpus_of, load
from tinker.errors import ConfigError, UserError

LINES = "".join(f"Line {i} says \u00e9{i * i}.\n" for i in range(300))


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text(LINES, encoding="utf-8")
    return tmp_path / "a.txt"


@pytest.mark.parametrize(("kind", "size"), [("char", None), ("byte", None), ("bpe", 300)])
def test_a_text_holds_out_the_last_tenth_of_its_training_tokens(text: Path, kind: str, size: int | None) -> None:
    whole = Text(Text.Config(str(text), tokenizer=kind, vocab_size=size))
    tuning = whole.for_tuning()
    assert np.array_equal(np.concatenate([tuning.tokens.train, tuning.tokens.val]), whole.tokens.train)
    assert len(tuning.tokens.val) == len(whole.tokens.train) // 10
    assert (tuning.vocab_size, tuning.vocabulary) == (whole.vocab_size, whole.vocabulary)
    assert tuning.fingerprint != whole.fingerprint
    again = Text(Text.Config(str(text), tokenizer=kind, vocab_size=size)).for_tuning()
    assert again.fingerprint == tuning.fingerprint


def test_bytes_are_those_of_the_text_that_is_held_out(text: Path) -> None:
    tuning = Text(Text.Config(str(text))).for_tuning()
    train = LINES[: int(len(LINES) * 0.9)]
    held_out = train[len(train) - len(tuning.tokens.val) :]
    assert tuning.val_bytes == len(held_out[1:].encode())
    assert tuning.val_bytes > len(held_out), "else no character has two bytes, and the test sees nothing"


def test_a_text_too_short_to_be_cut_says_so(text: Path) -> None:
    text.write_text("0123456789abcdef" * 1 + "0", encoding="utf-8")
    with pytest.raises(UserError, match="too little text to tune on: the training split has 15 tokens"):
        Text(Text.Config(str(text), tokenizer="byte")).for_tuning()


def test_grammar_tunes_on_documents_that_it_neither_trains_nor_validates_on() -> None:
    whole = load(Grammar.Config(validation_documents=50))
    assert isinstance(whole, Tunable)
    tuning = whole.for_tuning()
    rows = {
        name: {tuple(row) for batch in corpus.validation(32, 64) for row in batch.inputs.tolist()}
        for name, corpus in (("whole", whole), ("tuning", tuning))
    }
    trained = {tuple(row) for step in range(20) for row in whole.batch(0, step, 16, 32)[0].tolist()}
    assert len(rows["tuning"]) == 50
    assert not rows["tuning"] & (rows["whole"] | trained)
    assert tuning.fingerprint != whole.fingerprint
    assert tuning.batch(3, 5, 4, 32)[0].equal(whole.batch(3, 5, 4, 32)[0])


def test_a_trial_gets_the_split_that_its_config_names() -> None:
    config = TrialConfig.from_dict(spec_of().config)
    tuning = replace(config, split="tuning")
    assert corpus_of(config) is load(config.data)
    assert corpus_of(tuning) is corpus_of(tuning)
    assert corpus_of(tuning).fingerprint != corpus_of(config).fingerprint
    assert "split" not in config.as_dict()
    assert tuning.as_dict()["split"] == "tuning"


@dataclass(frozen=True)
class _Config:
    pass


class _Closed:
    """A user's corpus that cannot be cut."""

    name = "closed"
    Config = _Config

    def __init__(self, config: Any) -> None:
        pass


def test_a_corpus_of_the_users_without_a_tuning_split_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DATA, "_variants", dict(DATA._variants))
    DATA.variant(name="closed")(_Closed)
    config = replace(TrialConfig.from_dict(spec_of().config), data=_Config(), split="tuning")
    with pytest.raises(ConfigError, match=r"^data: the corpus closed cannot be tuned on: .* no method for_tuning\(\)"):
        corpus_of(config)
