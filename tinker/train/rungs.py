"""A tuning trial that goes on where a shorter one of the same configuration ended, instead of training its steps again.

Trials that differ in `train.until` alone are one trial as far as both go. So the checkpoint at the end of the shorter
one is a checkpoint of the longer one, as long as the shorter one ended where the longer one evaluates: an evaluation in
between would be seen in the record.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tinker.spec import TrialSpec
from tinker.store.layout import Layout, TrialFolder
from tinker.store.reading import read_snapshot
from tinker.store.record import StoredTrial
from tinker.train.checkpoint import BEST, LAST


def take_over(spec: TrialSpec, folder: TrialFolder) -> int | None:
    """Links the last checkpoint of the longest shorter trial into the trial's folder, where there is none yet.

    Only a trial that is tuned on looks for one, and only among finished ones of its environment class. Which code made
    it and what it started from is checked when the checkpoint is taken up.

    Returns:
        The step that it was saved at; None where nothing was taken over, and the trial starts as it would have.
    """
    own = folder.checkpoint
    if (own / LAST).exists():
        return None
    for until, shorter in shorter_ones(spec, folder):
        if not finished(shorter):
            continue
        own.mkdir(parents=True, exist_ok=True)
        for name in (BEST, LAST):  # in this order: what has a last one is complete
            if (shorter.checkpoint / name).is_file():
                _link(shorter.checkpoint / name, own / name)
        return until
    return None


def shorter_ones(spec: TrialSpec, folder: TrialFolder) -> Iterator[tuple[int, TrialFolder]]:
    """Where trials would lie that this one may go on from, and the step at which each ends; the longest first."""
    train = spec.config["train"]
    if spec.config.get("split") != "tuning":
        return
    end, every = train.get("until") or train["steps"], train["eval_every"]
    for until in range((end - 1) // every * every, 0, -every):
        yield until, Layout(folder.results).trial(_until(spec, until).id, folder.environment_class)


def finished(shorter: TrialFolder) -> bool:
    """Whether it has ended well and its last checkpoint was kept."""
    if not (shorter.checkpoint / LAST).is_file():
        return False
    row = StoredTrial.of(shorter, read_snapshot(shorter))
    return row is not None and row.status.state == "done"


def _until(spec: TrialSpec, until: int) -> TrialSpec:
    config = spec.config
    return TrialSpec.of({**config, "train": {**config["train"], "until": until}}, spec.seeds, spec.corpus)


def _link(source: Path, target: Path) -> None:
    """A second name of the file; a copy where the file system has none. Checkpoints are replaced, never rewritten."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    try:
        os.link(source, partial)
    except OSError:
        shutil.copyfile(source, partial)
    partial.replace(target)
