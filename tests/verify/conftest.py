"""The command in this process, on models of a second; and the slots as they were, once a plugin has gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model.registry import SLOTS
from tinker.cli import main as cli
from tinker.verify.checks import overfit

#: Small, and still able to learn a batch by heart in a second.
SMALL = ("scale=smoke", "data.validation_documents=30", "train.accelerator=cpu")

#: Arguments -> exit code, standard output, standard error.
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def quick_to_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """For models that will not learn: five minutes would not change that."""
    monkeypatch.setattr(overfit, "LIMIT", 0.5)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Plugins leave the slots again."""
    yield
    for slot in SLOTS.values():
        for name in slot._variants.keys() - slot.builtin_names():
            del slot._variants[name]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`tinker verify` in an empty folder."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["tinker", "verify", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def findings(out: str, arm: int = 0) -> dict[str, dict[str, Any]]:
    """What `--json` says of an arm, by check."""
    return {one["check"]: one for one in json.loads(out)["arms"][arm]["checks"]}
