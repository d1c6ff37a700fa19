"""A row that was made in a stack is replayed alone, and holds: its ends are equal to rounding."""

from __future__ import annotations

from pathlib import Path

from tests.train.tiny import spec_of
from tinker.schedule.missing import class_of
from tinker.store.store import Store
from tinker.train.fused.run import run_replicates
from tinker.train.probation import probe
from tinker.train.replay import replay


def test_a_row_made_in_a_stack_holds_within_rounding_and_another_does_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    specs = [spec_of(seed=seed) for seed in (1, 2)]
    folders = [store.folder(spec, class_of(spec)) for spec in specs]
    for spec, result in zip(specs, run_replicates(specs, [folder.path for folder in folders]), strict=True):
        plain = result.as_dict()
        store.begin(spec, class_of(spec), "a test")
        assert store.commit(spec, class_of(spec), plain, plain["curve"], plain["environment"], plain["code"])
    judged = probe(specs[0], folders[0])
    assert (judged["held"], judged["how"], judged["difference"]) == (True, "ends", None)
    assert not probe(spec_of("optimizer.lr=0.01"), folders[0])["held"]
    row = store.get(specs[1].id, class_of(specs[1]))
    assert row is not None
    again = replay(row)
    assert again.answer in ("equal", "equal within tolerance")
    assert "fused" in again.environment
