"""Retention drops checkpoints by its rule, and nothing else."""

from __future__ import annotations

import pytest

from tinker.store.checkpoints import ADAPTER, retention

FILES = ("best.ckpt", "last.ckpt", "step-100.ckpt", "tail.ckpt")


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("all", set(FILES)),
        ("last", {"last.ckpt", "tail.ckpt"}),
        ("best", {"best.ckpt", "tail.ckpt"}),
        ("none", set()),
    ],
)
def test_each_rule_keeps_what_it_names(tmp_path, keep, kept):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    (tmp_path / "result.json").touch()
    under_way = ".last.ckpt.00000000.1.0.tmp"
    for name in (*FILES, under_way):
        (folder / name).write_bytes(bytes(10))
    dropped = retention(folder, keep)
    assert {path.name for path in folder.iterdir()} == kept | {under_way}
    assert {path.name for path in dropped.files} == set(FILES) - kept
    assert dropped.size == 10 * len(dropped.files)
    assert (tmp_path / "result.json").exists()
    assert retention(folder, keep).files == ()


def test_a_trial_without_checkpoints_loses_nothing(tmp_path):
    assert retention(tmp_path / "checkpoint", "none").files == ()


@pytest.mark.parametrize(("keep", "stays"), [("all", True), ("last", True), ("best", False), ("none", False)])
def test_adapters_are_those_of_the_last_step_and_stay_with_it(tmp_path, keep, stays):
    folder = tmp_path / "checkpoint"
    (folder / ADAPTER).mkdir(parents=True)
    weights = folder / ADAPTER / "adapter_model.safetensors"
    weights.write_bytes(bytes(10))
    dropped = retention(folder, keep)
    assert weights.exists() == stays
    assert dropped.files == (() if stays else (weights,))
