"""A row of other code stands where the new code gives its numbers, and is replaced where it does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

import tinker
from tests.train.tiny import TINY
from tinker.schedule.single import train_one
from tinker.store.store import Store

OVERRIDES = [*TINY, "data.validation_documents=30", "train.accelerator=cpu"]
#: `tinker train` on each of several results folders, in one process of whatever code PYTHONPATH names.
TRAIN = """
import json, sys
from pathlib import Path
from rich.console import Console
from tinker.schedule.single import train_one
for folder in sys.argv[2:]:
    assert train_one(json.loads(sys.argv[1]), 1, Path(folder), Console(file=sys.stderr, width=400)) == 0
"""


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with one finished trial of the code as it is."""
    results = tmp_path_factory.mktemp("made") / "results"
    assert train_one(OVERRIDES, 1, results, Console(quiet=True)) == 0
    return results


def _edited(folder: Path, edits: dict[str, list[tuple[str, str]]]) -> Path:
    """A copy of the packages with texts replaced."""
    for package in ("tinker", "model"):
        shutil.copytree(
            Path(tinker.__file__).parents[1] / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, replacements in edits.items():
        text = (folder / name).read_text()
        for old, new in replacements:
            assert old in text, f"{name} has changed: adapt this test"
            text = text.replace(old, new)
        (folder / name).write_text(text)
    return folder


def _train(code: Path, *results: Path) -> str:
    command = [sys.executable, "-c", TRAIN, json.dumps(OVERRIDES), *map(str, results)]
    environment = {**os.environ, "PYTHONPATH": str(code)}
    done = subprocess.run(command, cwd=code, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def _verdicts(results: Path) -> list[str]:
    """How the row passed each probation."""
    [trial] = Store(results).rows()
    path = trial.folder.path / "probation.json"
    return [verdict["how"] for verdict in json.loads(path.read_text()).values()] if path.exists() else []


def _files(results: Path) -> dict[str, bytes]:
    """What the row consists of."""
    [trial] = Store(results).rows()
    names = ("result.json", "spec.json", "curve.*", "environment.*", "code.*")
    return {path.name: path.read_bytes() for name in names for path in trial.folder.path.glob(name)}


def test_a_renamed_function_and_new_comments_keep_the_row(row: Path, tmp_path: Path) -> None:
    with_tail, without, torn = (Path(shutil.copytree(row, tmp_path / name)) for name in ("with", "without", "torn"))
    next(without.rglob("tail.ckpt")).unlink()
    tail = next(torn.rglob("tail.ckpt"))
    tail.write_bytes(tail.read_bytes()[:5000])
    code = _edited(
        tmp_path / "code",
        {
            "tinker/train/evaluate.py": [
                ("_metrics(", "_gathered("),
                ("@torch.no_grad()", "# No graph.\n@torch.no_grad()"),
            ],
            "model/state.py": [("visible(", "may_see(")],
        },
    )
    said = _train(code, with_tail, without, torn)
    assert said.count("made by other code") == said.count("done already") == 3
    assert [_verdicts(folder) for folder in (with_tail, without, torn)] == [["ends"], ["whole"], ["whole"]]
    for folder in (with_tail, without, torn):
        assert _files(folder) == _files(row)
    assert "made by other code" not in _train(code, with_tail), "what was found out is remembered"


@pytest.mark.parametrize(
    ("file", "old", "new", "difference"),
    [
        ("tinker/train/schedules/_warmup.py", "(warmup_steps + 1)", "(warmup_steps + 2)", "learning-rate schedule"),
        ("tinker/train/optimizers/adamw.py", "eps=config.eps", "eps=config.eps * 2", "training loss"),
        ("tinker/train/evaluate.py", "nats / tokens}", "nats / (tokens + 1)}", "val_loss"),
    ],
)
def test_a_changed_constant_replaces_the_row_and_keeps_the_old_one_aside(
    row: Path, tmp_path: Path, file: str, old: str, new: str, difference: str
) -> None:
    results = Path(shutil.copytree(row, tmp_path / "results"))
    before = _files(results)
    [stored] = Store(results).rows()
    said = _train(_edited(tmp_path / "code", {file: [(old, new)]}), results)
    assert "the new code gives other numbers" in said
    assert difference in said
    [trial] = Store(results).rows()
    assert trial.code_fingerprint != stored.code_fingerprint
    assert _files(results).keys() != before.keys()
    aside = trial.folder.path.with_name(f".superseded-{trial.environment_class}-{stored.code_fingerprint}")
    assert {name: (aside / name).read_bytes() for name in before} == before


def test_a_checkpoint_that_the_new_code_cannot_read_means_the_whole_trial(row: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(row, tmp_path / "results"))
    code = _edited(tmp_path / "code", {"tinker/train/recorder.py": [('"best_step"', '"best_at"')]})
    assert "done already" in _train(code, results)
    assert _verdicts(results) == ["whole"]
    assert _files(results) == _files(row)
