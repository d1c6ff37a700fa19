"""The committed records of baseline-v0: intact, as good as published, and still what the code of today produces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinker.store.sealed import verify
from tinker.store.store import Store
from tinker.train.replay import replay

RECORD = Path(__file__).parents[1] / "results" / "baseline-v0"
SCALES = ("cpu", "cpu-char")


@pytest.mark.parametrize("scale", SCALES)
def test_every_row_is_byte_for_byte_what_was_frozen(scale: str) -> None:
    record = json.loads((RECORD / scale / "record.json").read_bytes())
    rows = list(Store(RECORD / scale).rows())
    assert {row.trial_id for row in rows} == {trial["trial_id"] for trial in record["trials"]}
    for row in rows:
        assert verify(row.folder) is not None
        assert row.spec.config == record["config"]


def test_the_control_at_cpu_char_is_as_good_as_the_published_script() -> None:
    """Six seeds of the published script, last step over the whole split: 1.909, sd .008."""
    record = json.loads((RECORD / "cpu-char" / "record.json").read_bytes())
    assert record["n"] >= 5
    assert abs(record["mean"] - 1.909) < 0.02


def test_the_control_at_cpu_has_learned_every_skill() -> None:
    """Below a quarter of what a unigram model has: .494 (local), 1.458 (nesting), 2.859 (recall)."""
    record = json.loads((RECORD / "cpu" / "record.json").read_bytes())
    assert record["n"] >= 5
    for skill, unigram in (("local", 0.494), ("nesting", 1.458), ("recall", 2.859)):
        values = [trial["metrics"][f"excess_{skill}"] for trial in record["trials"]]
        assert sum(values) / len(values) < unigram / 4


@pytest.mark.parametrize("scale", SCALES)
def test_two_seeds_of_the_control_lie_within_one_percent(scale: str) -> None:
    record = json.loads((RECORD / scale / "record.json").read_bytes())
    first, second = (trial["metrics"]["val_loss"] for trial in record["trials"][:2])
    assert abs(first - second) < 0.01 * first


def test_a_frozen_seed_comes_out_again() -> None:
    """Bit by bit on the machine class of the record, within the stated tolerance on others."""
    row = next(iter(Store(RECORD / "cpu").rows()))
    found = replay(row)
    assert found.answer != "different", found
