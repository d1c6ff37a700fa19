"""What a user can mend is one message on stderr with its own exit code, and never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Tinker
from tinker.cli import main as cli
from tinker.errors import INTERRUPTED, USAGE, UserError

GRID = """\
name: g
question: What?
control: base
scale: smoke
seeds: 1
decide: { metric: val_loss, min_effect: 0.01 }
"""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "nothing"], "'nothing' is not a grid in results"),
        (["replay", "abc"], "no finished trial in results"),
        (["freeze", "baseline-v0", "nothing"], "'nothing' is not a grid in results"),
        (["train", "train.steps=none"], "train.steps"),
        (["train", "trian.steps=3"], "trian"),
        (["run", "grid.yaml", "seeds=0"], "seeds"),
        (["plan", "missing.yaml"], "missing.yaml"),
    ],
)
def test_bad_input_is_one_message(
    tmp_path: Path,
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tinker", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == USAGE
    output = capsys.readouterr()
    assert output.err.startswith("tinker: ")
    assert told in output.err
    assert output.out == ""
    assert not (tmp_path / "results" / "trials").exists()


def test_an_option_that_does_not_exist_is_bad_input(tinker_command: Tinker) -> None:
    done = tinker_command("run", "grid.yaml", "--sedes", "3")
    assert done.returncode == USAGE
    assert "No such option" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (UserError("mend it", exit_code=1), 1, "tinker: mend it\n"),
        (KeyboardInterrupt(), INTERRUPTED, "tinker: interrupted\n"),
    ],
)
def test_every_error_has_its_exit_code(
    raised: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise raised

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert capsys.readouterr().err == said


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(ZeroDivisionError):
        cli.main()
