"""The generated corpus: fresh training documents, fixed validation documents, nothing in common."""

from __future__ import annotations

import math

import pytest
import torch

from tinker.data.corpora.grammar import CHUNK, Grammar
from tinker.data.corpus import Corpus, load
from tinker.data.unigram import unigram_excess
from tinker.errors import ConfigError

CONFIG = Grammar.Config()


def test_it_is_a_corpus_with_skills_and_without_bytes() -> None:
    corpus: Corpus = Grammar(CONFIG)
    assert corpus.name == "grammar"
    assert corpus.skills == ("local", "nesting", "recall")
    assert corpus.val_bytes is None
    assert corpus.vocab_size == 6 + 2 + 2 + 4 + 4


def test_equal_configs_share_one_corpus_in_a_process() -> None:
    assert load(Grammar.Config()) is load(Grammar.Config())


def test_targets_are_inputs_shifted_by_one() -> None:
    inputs, targets = Grammar(CONFIG).batch(seed=1, step=0, batch_size=16, context=48)
    assert inputs.shape == targets.shape == (16, 48)
    assert inputs.dtype == targets.dtype == torch.long
    assert torch.equal(inputs[:, 1:], targets[:, :-1])
    assert 0 <= int(inputs.min()) <= int(targets.max()) < Grammar(CONFIG).vocab_size


def test_a_batch_depends_on_seed_and_step_alone_not_on_what_was_asked_before() -> None:
    one, other = Grammar(CONFIG), Grammar(CONFIG)
    steps = [0, 1, 63, 64, 65, 200]
    forward = {step: one.batch(1, step, 16, 48)[1] for step in steps}
    one.batch(2, 64, 16, 48)
    for step in reversed(steps):
        assert torch.equal(forward[step], other.batch(1, step, 16, 48)[1])
        assert torch.equal(forward[step], one.batch(1, step, 16, 48)[1])
    assert not torch.equal(forward[0], one.batch(2, 0, 16, 48)[1])
    assert len({tuple(batch.flatten().tolist()) for batch in forward.values()}) == len(steps)


def test_of_as_many_seeds_as_are_trained_together_each_finds_its_documents_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[tuple[int, ...]] = []
    generate = Grammar._generate_chunk

    def note(self: Grammar, *asked: int) -> torch.Tensor:
        made.append(asked)
        return generate(self, *asked)

    monkeypatch.setattr(Grammar, "_generate_chunk", note)
    corpus = Grammar(CONFIG)
    for step in range(3):
        for seed in range(32):
            corpus.batch(seed, step, 16, 8)
    assert len(made) == 32


@pytest.mark.parametrize("batch_size", [1, 7, CHUNK + 1])
def test_a_larger_batch_begins_with_the_rows_of_a_smaller_one(batch_size: int) -> None:
    corpus = Grammar(CONFIG)
    small, large = (corpus.batch(3, 5, size, 16)[0] for size in (batch_size, batch_size + 8))
    assert torch.equal(small, large[:batch_size])


def test_training_and_validation_have_no_document_in_common() -> None:
    corpus = Grammar(CONFIG)
    validation = {tuple(row) for batch in corpus.validation(48, 100) for row in batch.targets.tolist()}
    training = {tuple(row) for s in (0, 1) for t in range(60) for row in corpus.batch(s, t, 16, 48)[1].tolist()}
    assert len(validation) == 400
    assert len(training) == 2 * 60 * 16
    assert not validation & training


@pytest.mark.parametrize("batch_size", [1, 64, 400, 1000])
def test_validation_is_the_same_documents_in_any_batch_size(batch_size: int) -> None:
    corpus = Grammar(Grammar.Config(validation_documents=70))
    batches = list(corpus.validation(24, batch_size))
    (whole,) = corpus.validation(24, 70)
    assert sum(len(batch.inputs) for batch in batches) == 70
    for field in ("inputs", "targets", "weight", "floor", "skill"):
        assert torch.equal(torch.cat([getattr(batch, field) for batch in batches]), getattr(whole, field))
    assert whole.weight.min() == 1
    assert whole.floor is not None and whole.skill is not None
    assert whole.floor.dtype == torch.float and whole.skill.dtype == torch.long
    assert whole.floor[whole.skill == 2].max() == 0  # what was bound before is certain


def test_changing_a_returned_batch_changes_no_later_one() -> None:
    corpus = Grammar(CONFIG)
    before = corpus.batch(0, 0, 4, 8)[0].clone()
    corpus.batch(0, 0, 4, 8)[0].zero_()
    assert torch.equal(corpus.batch(0, 0, 4, 8)[0], before)
    first = next(corpus.validation(8, 4)).inputs.clone()
    next(corpus.validation(8, 4)).inputs.zero_()
    assert torch.equal(next(corpus.validation(8, 4)).inputs, first)


def test_the_fingerprint_is_pinned_and_covers_the_config() -> None:
    assert load(CONFIG).fingerprint == "239282cee7ef8d66"
    others = [Grammar.Config(chain_seed=1), Grammar.Config(validation_documents=401), Grammar.Config(key_rate=0.25)]
    assert len({load(config).fingerprint for config in [CONFIG, *others]}) == 4


def test_a_unigram_model_is_beaten_in_every_skill_and_its_excess_is_the_true_one() -> None:
    corpus = Grammar(CONFIG)
    excess = unigram_excess(corpus, context=48)
    (batch,) = corpus.validation(48, 400)
    assert batch.floor is not None and batch.skill is not None
    share = {token: float((batch.targets == token).float().mean()) for token in range(corpus.vocab_size)}
    for i, skill in enumerate(corpus.skills):
        tagged = batch.skill == i
        costs = [-math.log(share[token]) for token in batch.targets[tagged].tolist()]
        expected = sum(costs) / len(costs) - float(batch.floor[tagged].double().mean())
        assert excess[skill] == pytest.approx(expected, rel=1e-5)
        assert excess[skill] > 0


def test_no_validation_document_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.validation_documents: 0 is not allowed"):
        Grammar.Config(validation_documents=0)
