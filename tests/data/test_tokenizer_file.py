"""Tokenizers of published models."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tinker.data import tokenizer_file
from tinker.data.corpora.text import Text
from tinker.data.tokenizer_file import TokenizerFile
from tinker.errors import ConfigError
from tinker.spec import Seeds, TrialSpec

TEXT = "the cat sat on the mat\n\n  na\u00efve caf\u00e9 \U0001f600\n" * 40


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In GPT-2's manner: byte pairs that may span lines, and a special token, with a length that cuts texts off."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=270, initial_alphabet=alphabet, special_tokens=["<|end|>"], show_progress=False
    )
    library.train_from_iterator([TEXT], trainer)
    library.enable_truncation(5)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    library.save(str(path))
    return path


def test_it_encodes_whole_texts_and_its_bytes_add_up(path: Path) -> None:
    found = TokenizerFile(path, None)
    tokens = found.encode(TEXT)
    assert found.vocab_size == 270
    assert Tokenizer.from_file(str(path)).decode(tokens.tolist()) == TEXT
    assert sum(found.bytes_in(int(token)) for token in tokens) == len(TEXT.encode())


def test_long_texts_are_cut_at_the_ends_of_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = TokenizerFile(path, None)
    line = found.encode("the cat\n").tolist()
    monkeypatch.setattr(tokenizer_file, "PIECE", 3)
    assert found.encode("the cat\n" * 3 + "the").tolist() == line * 3 + found.encode("the").tolist()


def test_the_corpus_may_have_room_for_more_tokens_but_not_for_fewer(path: Path) -> None:
    assert TokenizerFile(path, 300).vocab_size == 300
    with pytest.raises(ConfigError, match=r"data\.vocab_size: 260 is too small: .* has 270 tokens"):
        TokenizerFile(path, 260)


def test_what_is_no_tokenizer_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.tokenizer_file: .* cannot be read .*; give the path"):
        TokenizerFile(tmp_path / "tokenizer.json", None)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match="is not a tokenizer"):
        TokenizerFile(tmp_path / "config.json", None)


def test_a_text_is_tokenised_with_it(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    corpus = Text(Text.Config(str(tmp_path / "a.txt"), tokenizer="file", tokenizer_file=str(path), vocab_size=300))
    found = TokenizerFile(path, 300)
    assert (corpus.vocab_size, corpus.vocabulary) == (300, found.vocabulary)
    assert corpus.tokens.train.tolist() == found.encode(TEXT[: int(len(TEXT) * 0.9)]).tolist()


@pytest.mark.parametrize("values", [{"tokenizer": "file"}, {"tokenizer": "byte", "tokenizer_file": "tokenizer.json"}])
def test_the_file_and_its_kind_go_together(values: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"data\.tokenizer_file: .* does not go with data\.tokenizer="):
        Text.Config("a.txt", **values)


def test_where_text_and_tokenizer_lie_is_not_in_a_trials_id() -> None:
    data = {"type": "text", "tokenizer": "file", "vocab_size": None}
    specs = [
        TrialSpec.of({"data": {**data, "path": f"{at}/a.txt", "tokenizer_file": f"{at}/t.json"}}, Seeds(1, 1), "0" * 16)
        for at in ("here", "there")
    ]
    assert specs[0].id == specs[1].id
