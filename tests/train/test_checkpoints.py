"""What a trial saves and when; a save that dies halfway leaves the old file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.train.tiny import spec_of, values
from tinker.train.checkpoint import save
from tinker.train.trial import Hooks, run_trial


def _steps(folder: Path) -> dict[str, int]:
    found = {
        path.name: torch.load(path, weights_only=True)["global_step"]
        for path in folder.joinpath("checkpoint").iterdir()
    }
    return dict(sorted(found.items()))


@pytest.mark.parametrize(
    ("keep", "left"), [("last", {"last.ckpt": 40, "tail.ckpt": 30}), ("best", {"best.ckpt", "tail.ckpt"}), ("none", {})]
)
def test_what_is_kept_is_what_the_rule_says(tmp_path: Path, keep: str, left: object) -> None:
    result = run_trial(spec_of(f"checkpoint.keep={keep}"), tmp_path)
    found = _steps(tmp_path)
    if keep == "best":
        losses = values(result, "val_loss")
        left = {"best.ckpt": min(losses, key=losses.__getitem__), "tail.ckpt": 30}
    assert found == left


def test_all_keeps_all_and_best_is_the_step_of_the_lowest_loss(tmp_path: Path) -> None:
    # A rate that rises so far that the last evaluation is not the best.
    result = run_trial(spec_of("checkpoint.keep=all", "schedule=constant", "optimizer.lr=0.5"), tmp_path)
    losses = values(result, "val_loss")
    best = min(losses, key=losses.__getitem__)
    assert best != 40, "else the test cannot tell best from last"
    assert _steps(tmp_path) == {"best.ckpt": best, "last.ckpt": 40, "tail.ckpt": 30}
    assert result.metrics["best_val_loss"] == losses[best] == min(losses.values())
    seen = values(result, "best_val_loss")
    assert [seen[step] for step in losses] == [min(list(losses.values())[: n + 1]) for n in range(len(losses))]


def test_the_clock_decides_when_a_running_trial_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("tinker.train.checkpoint.monotonic", lambda: now)
    saved: list[int] = []

    def tell(step: int, steps: int) -> None:
        nonlocal now
        now += 60.0  # a step is a minute
        last = tmp_path / "checkpoint" / "last.ckpt"
        if last.exists():
            saved.append(torch.load(last, weights_only=True)["global_step"])

    run_trial(spec_of("checkpoint.minutes=15"), tmp_path, Hooks(progress=tell))
    assert sorted(set(saved)) == [15, 30]


def test_a_save_that_fails_leaves_the_old_checkpoint_and_no_other_file(tmp_path: Path) -> None:
    class Full:
        def save_checkpoint(self, path: Path) -> None:
            path.write_bytes(b"half of it")
            raise OSError("no space left")

    (tmp_path / "last.ckpt").write_bytes(b"the old one")
    with pytest.raises(OSError, match="no space"):
        save(Full(), tmp_path / "last.ckpt")  # type: ignore[arg-type]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("last.ckpt", b"the old one")]


def test_a_trial_shorter_than_the_tail_has_none(tmp_path: Path) -> None:
    run_trial(spec_of("train.steps=8", "train.eval_every=8"), tmp_path)
    assert _steps(tmp_path) == {"last.ckpt": 8}
