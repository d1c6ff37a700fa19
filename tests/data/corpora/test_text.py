"""The user's own text as a corpus."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tinker.data.corpora.text import Text
from tinker.data.corpus import Corpus, load
from tinker.errors import ConfigError, UserError

STORY = "".join(f"Line {i} of a story about {'cats' if i % 3 else 'dogs'}.\n" for i in range(200))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(STORY, encoding="utf-8")
    return path


def test_it_is_a_corpus_with_bits_per_byte_and_no_skills(story: Path) -> None:
    corpus: Corpus = Text(Text.Config(str(story)))
    assert corpus.name == "story.txt"
    assert corpus.skills == ()
    assert corpus.vocab_size == len(set(STORY))
    assert corpus.val_bytes == len(STORY) - int(len(STORY) * 0.9) - 1
    inputs, _ = corpus.batch(0, 0, 4, 16)
    assert inputs.shape == (4, 16)


@pytest.mark.parametrize(("kind", "first_token"), [("char", 2), ("byte", 1)])
def test_val_bytes_are_those_of_all_but_the_first_token(tmp_path: Path, kind: str, first_token: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\u00e9" * 100, encoding="utf-8")
    assert load(Text.Config(str(path), tokenizer=kind)).val_bytes == 10 * 2 - first_token


def test_train_and_validation_are_the_two_ends_of_the_text(story: Path) -> None:
    tokens = Text(Text.Config(str(story), tokenizer="byte", val_fraction=0.25)).tokens
    cut = int(len(STORY) * 0.75)
    assert bytes(tokens.train) == STORY[:cut].encode()
    assert bytes(tokens.val) == STORY[cut:].encode()


def test_the_three_formats_give_the_same_tokens(tmp_path: Path) -> None:
    documents = [f"story number {i}" for i in range(20)]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps({"body": d}) for d in documents), encoding="utf-8")
    pq.write_table(pa.table({"body": documents}), tmp_path / "a.parquet")
    jsonl, parquet = (Text(Text.Config(str(tmp_path / f"a.{end}"), field="body")) for end in ("jsonl", "parquet"))
    assert jsonl.fingerprint == parquet.fingerprint
    assert np.array_equal(jsonl.tokens.val, parquet.tokens.val)
    assert len(jsonl.tokens.val) == len("\n".join(documents[18:]))


def test_byte_pairs_are_learned_from_the_training_split_only(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abab abab\n" * 180 + "zqzq zqzq\n" * 20, encoding="utf-8")
    tokens = Text(Text.Config(str(path), tokenizer="bpe", vocab_size=259)).tokens
    assert len(tokens.train) <= 180 * 4
    assert len(tokens.val) == 20 * 10


def test_the_tokens_are_made_once_and_mapped_from_disk(story: Path, cache: Path) -> None:
    config = Text.Config(str(story))
    first = Text(config)
    (folder,) = (cache / "text").iterdir()
    made = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    second = Text(config)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == made
    assert isinstance(second.tokens.train, np.memmap)
    assert second.fingerprint == first.fingerprint


def test_other_contents_or_settings_have_other_tokens_and_fingerprints(story: Path, cache: Path) -> None:
    before = Text(Text.Config(str(story)))
    seen = {
        before.fingerprint,
        Text(Text.Config(str(story), tokenizer="byte")).fingerprint,
        Text(Text.Config(str(story), val_fraction=0.2)).fingerprint,
    }
    story.write_text(STORY.replace("story", "saga!"), encoding="utf-8")
    seen.add(Text(Text.Config(str(story))).fingerprint)
    assert len(seen) == 4
    assert len(list((cache / "text").iterdir())) == 4


def _fingerprint(path: str) -> str:
    return Text(Text.Config(path, tokenizer="bpe", vocab_size=300)).fingerprint


def test_two_processes_can_build_the_same_cache_at_once(story: Path, cache: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one, other = pool.map(_fingerprint, [str(story)] * 2, chunksize=1)
    assert one == other == _fingerprint(str(story))
    assert len(list((cache / "text").iterdir())) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tokenizer": "word"}, r"data\.tokenizer: 'word' is not allowed; one of: char, byte, bpe"),
        ({"tokenizer": "bpe"}, r"data\.vocab_size: None is not allowed with bpe"),
        ({"tokenizer": "bpe", "vocab_size": 256}, r"data\.vocab_size: 256 is not allowed"),
        ({"vocab_size": 300}, r"data\.vocab_size: 300 is given, but only bpe"),
        ({"val_fraction": 1.0}, r"data\.val_fraction: 1\.0 is not allowed"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_their_key(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Text.Config("a.txt", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(("content", "part"), [("", "training"), ("abcdefgh", "validation"), ("ab", "training")])
def test_too_little_text_is_an_error_and_leaves_no_cache(tmp_path: Path, cache: Path, content: str, part: str) -> None:
    (tmp_path / "a.txt").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=rf"a\.txt: too little text: the {part} split"):
        Text(Text.Config(str(tmp_path / "a.txt")))
    assert list((cache / "text").iterdir()) == []
