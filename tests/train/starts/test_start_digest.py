"""Which weights a trial started from: a base that is trained again keeps its id, and its digest differs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from tests.train.lab import OTHER_LANGUAGE, Lab
from tests.train.starts.test_start import spec
from tests.train.tiny import numbers
from tinker.schedule.missing import sort_out
from tinker.store.layout import TrialFolder
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.train.base import start_of
from tinker.train.digest import digest_of
from tinker.train.replay import replay
from tinker.train.training import Training
from tinker.train.trial import Hooks, run_trial
from tinker.train.whereabouts import relocated

pytestmark = pytest.mark.xdist_group("peft")


@pytest.fixture
def own(lab: Lab, tmp_path: Path) -> Lab:
    """A copy of the finished trial that a test may change."""
    there = tmp_path / "results"
    shutil.copytree(lab.base.folder.path, there / lab.base.folder.path.relative_to(lab.results))
    [base] = Store(there).rows()
    return Lab(there, base)


def retrained(base: StoredTrial) -> None:
    """As if the trial had been done again, by code that gives other numbers."""
    path = base.folder.checkpoint / "last.ckpt"
    saved = torch.load(path, weights_only=True)
    name = next(name for name in saved["state_dict"] if name.endswith("query.weight"))
    saved["state_dict"][name] += 0.5
    torch.save(saved, path)


def digest(row: StoredTrial) -> str | None:
    assert row.result is not None
    return row.result.get("start_digest")


def test_a_digest_says_names_shapes_types_and_bits() -> None:
    weights = {"a": torch.arange(4.0), "b": torch.ones(())}
    assert digest_of(dict(reversed(weights.items()))) == digest_of(weights)
    others = [
        {"a": weights["a"]},
        {"c": weights["a"], "b": weights["b"]},
        weights | {"a": weights["a"].reshape(2, 2)},
        weights | {"a": weights["a"].double()},
        weights | {"b": torch.nextafter(weights["b"], torch.tensor(2.0))},
    ]
    assert len({digest_of(weights), *map(digest_of, others)}) == 6


def test_a_row_that_stands_on_other_weights_than_there_are_is_set_aside_and_trained_again(own: Lab) -> None:
    given = [f"init_from={own.base.trial_id}", OTHER_LANGUAGE, "train.steps=10"]
    row, store = own.train(*given), Store(own.results)
    assert digest(own.base) is None
    assert sort_out([row.spec], store).done == [row.spec]
    retrained(own.base)
    missing = sort_out([row.spec], store)
    assert (missing.train, missing.other_start, missing.done) == ([row.spec], [row.spec], [])

    own.again(*given)
    again = store.get(row.trial_id, row.environment_class)
    assert again is not None
    assert digest(again) not in (None, digest(row))
    assert len(list(row.folder.path.parent.glob(".superseded-*"))) == 1
    assert sort_out([row.spec], store).done == [row.spec]

    (own.base.folder.checkpoint / "last.ckpt").unlink()
    assert sort_out([row.spec], store).done == [row.spec], "nothing contradicts it"


def test_a_trial_on_other_frozen_weights_does_not_go_on_where_it_was(own: Lab, tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="adapters need peft")
    tuned = spec(own, f"init_from={own.base.trial_id}", "finetune=lora", "train.steps=20")
    tuned = type(tuned).of(tuned.config, tuned.seeds, own.base.spec.corpus)
    stop = iter([False] * 9 + [True])
    assert run_trial(tuned, tmp_path / "cut", Hooks(should_stop=lambda: next(stop))).steps == 10
    retrained(own.base)
    whole = run_trial(tuned, tmp_path / "whole")
    assert numbers(run_trial(tuned, tmp_path / "cut")) == numbers(whole)


def test_in_results_that_were_moved_a_trial_finds_what_it_started_from(own: Lab, tmp_path: Path) -> None:
    first = own.train(f"init_from={own.base.trial_id}", OTHER_LANGUAGE, "train.steps=10")
    own.results.rename(tmp_path / "moved")
    [row] = [one for one in Store(tmp_path / "moved").rows() if one.trial_id == first.trial_id]
    found = replay(row)
    assert (found.answer, found.first_difference) == ("equal", None)
    here = relocated(row.spec, tmp_path / "moved")
    assert here.id == row.trial_id
    assert start_of(Training(here).config).digest() == digest(row)

    retrained(StoredTrial(TrialFolder(Path(here.config["init_from"]["path"])), row.status, None, None))
    found = replay(row)
    assert found.answer == "different"
    assert "init_from gives other weights now" in str(found.first_difference)


def test_what_the_results_do_not_have_stays_where_the_description_says(own: Lab, tmp_path: Path) -> None:
    asked = spec(own, f"init_from={own.base.trial_id}")
    assert relocated(asked, tmp_path / "other") == asked
    assert relocated(spec(own), own.results) == spec(own)
