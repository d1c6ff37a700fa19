"""At scale `reference` the first training losses are those of an independent loop that shares no code with `model/`."""

from __future__ import annotations

import os
from pathlib import Path

import lightning.pytorch as L
import pytest

from model.count import parameter_count
from tests.train import plain_loop
from tests.train.tiny import spec_of
from tinker.train.training import Training

BATCH, SEED = 2, 3
#: 65 characters, as in the published corpus.
ALPHABET = "".join(chr(code) for code in range(ord("0"), ord("0") + 65))


class Losses(L.Callback):
    """The training loss of every step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx) -> None:
        self.seen.append(float(outputs["loss"]))


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A made-up text with structure to learn: each character is followed by one of a few."""
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    place, letters = 0, []
    for n in range(20_000):
        place = (place * 7 + n % 5) % 65
        letters.append(ALPHABET[place])
    path = tmp_path / "made_up.txt"
    path.write_text(ALPHABET + "".join(letters) + ALPHABET)
    return ["data=text", f"data.path={path}", "scale.corpora=[text]"]


@pytest.mark.timeout(300)
def test_the_first_losses_on_a_text_are_those_of_a_plain_loop(text: list[str]) -> None:
    _compare(text, steps=20)


@pytest.mark.timeout(300)
@pytest.mark.skipif(
    not Path(os.environ.get("TINKER_DATA", "-"), "tinyshakespeare.txt").is_file(),
    reason="TINKER_DATA names no folder with tinyshakespeare.txt; the same is tested on a made-up text",
)
def test_the_first_losses_on_tinyshakespeare_are_those_of_a_plain_loop() -> None:
    _compare(["data=tinyshakespeare"], steps=5)


def _compare(data: list[str], steps: int) -> None:
    training = Training(spec_of("scale=reference", f"train.batch_size={BATCH}", *data, seed=SEED, tiny=False))
    assert training.corpus.vocab_size == 65
    assert parameter_count(training.module.model) == 10_745_088
    ours = Losses()
    training.fit(until=steps, callbacks=[ours])
    batches = (training.corpus.batch(SEED, step, BATCH, context=256) for step in range(steps))
    plain = plain_loop.train(plain_loop.Sizes(vocab=65), batches, SEED)
    assert ours.seen == pytest.approx(plain, abs=1e-4)
    assert len(plain) == steps
    assert plain[0] - plain[-1] > 0.02 * steps, "nothing was learned, so that an optimizer that does nothing would pass"
