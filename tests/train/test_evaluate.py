"""The evaluation: the whole validation split, dropout off, each token once."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from model.dropout import set_dropout_key
from tests.train.tiny import spec_of
from tinker.train.evaluate import evaluate
from tinker.train.training import Training

CPU = torch.device("cpu")


@pytest.fixture
def on_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    """A model over a text of 16-token windows whose last one has 7 targets; characters of one and of two bytes."""
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "text.txt"
    path.write_text("abcd\u00e9" * 160)
    return Training(spec_of("data=text", f"data.path={path}", "model.dropout=0.5"))


def _nats(training: Training) -> list[float]:
    """Of each validation token after the first, one window at a time."""
    tokens = torch.from_numpy(training.corpus.tokens.val.astype("int64"))
    model, context = training.module.model.eval(), training.config.model.context
    nats: list[float] = []
    for start in range(0, len(tokens) - 1, context):
        window = tokens[start : start + context + 1]
        log_p = torch.log_softmax(model(window[None, :-1])[0].double(), -1)
        nats += (-log_p[torch.arange(len(window) - 1), window[1:]]).tolist()
    assert len(nats) == len(tokens) - 1
    assert len(nats) % context, "the tail is to be tested"
    return nats


def test_the_loss_is_the_mean_over_every_token_of_the_split(on_text: Training) -> None:
    found = evaluate(on_text.module.model, on_text.corpus, on_text.config.model.context, CPU)
    nats = _nats(on_text)
    assert found["val_loss"] == pytest.approx(sum(nats) / len(nats), rel=1e-6)
    text = "abcd\u00e9" * 160
    val_bytes = len(text[len(text) - len(nats) :].encode())
    assert found["val_bpb"] == pytest.approx(sum(nats) / math.log(2) / val_bytes, rel=1e-6)


def test_dropout_is_off_and_comes_back(on_text: Training) -> None:
    model = on_text.module.model.train()
    first = evaluate(model, on_text.corpus, 16, CPU)
    set_dropout_key(model, 1, 1)
    assert evaluate(model, on_text.corpus, 16, CPU) == first
    assert model.training


def test_a_corpus_with_a_floor_gives_the_excess_of_each_skill() -> None:
    training = Training(spec_of("data.validation_documents=7"))
    model, corpus = training.module.model, training.corpus
    found = evaluate(model, corpus, 16, CPU)
    [batch] = corpus.validation(16, 7)
    with torch.no_grad():
        log_p = torch.log_softmax(model.eval()(batch.inputs).double(), -1)
    nats = -log_p.gather(-1, batch.targets[..., None])[..., 0]
    over = nats - batch.floor
    assert found["excess"] == pytest.approx(float(over.mean()), rel=1e-6)
    assert found["val_loss"] == pytest.approx(float(nats.mean()), rel=1e-6)
    for number, skill in enumerate(corpus.skills):
        assert found[f"excess_{skill}"] == pytest.approx(float(over[batch.skill == number].mean()), rel=1e-6)
    assert "val_bpb" not in found


def test_how_many_rows_are_evaluated_at_once_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(spec_of("data.validation_documents=7"))
    whole = evaluate(training.module.model, training.corpus, 16, CPU)
    monkeypatch.setattr("tinker.train.evaluate.TOKENS_PER_PASS", 32)
    assert evaluate(training.module.model, training.corpus, 16, CPU) == pytest.approx(whole, rel=1e-6)
