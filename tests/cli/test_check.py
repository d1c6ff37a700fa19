"""`tinker check`: its exit code is the judgement, and 4 is a question that has none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import RUN, Tinker, loaded
from tests.review.made_up import Tables
from tinker.cli import main as cli
from tinker.errors import CHECK_USAGE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Tables().write(tmp_path / "tables")


def check(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    """The exit code."""
    monkeypatch.setattr(sys, "argv", ["tinker", "check", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


@pytest.mark.parametrize(("arms", "code"), [(["good"], 0), (["bad"], 1), (["same"], 1), (["open"], 2), ([], 1)])
def test_the_exit_code_is_the_judgement(
    folder: Path, arms: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, folder, *(part for arm in arms for part in ("--arm", arm))) == code
    output = capsys.readouterr()
    assert output.err == ""
    assert f"exit code {code}" in " ".join(output.out.split())
    assert max(map(len, output.out.splitlines())) <= 100


def test_an_invalid_arm_exits_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = Tables()
    tables.of("good")[0]["status"] = "failed"
    folder = tables.write(tmp_path / "tables")
    assert check(monkeypatch, folder) == 3
    assert check(monkeypatch, folder, "--arm", "bad") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "'nothing' is not a grid in results"),
        (["missing.yaml"], "missing.yaml"),
        (["tables", "--arm", "goood"], "arms: good, bad, same, open"),
        (["tables", "seeds=3"], "cannot change"),
        (["tables", "--arms", "good"], "No such option"),
        (["tables", "--format", "html"], "Invalid value"),
        ([], "Missing argument"),
        (["."], "a folder without trials.parquet"),
        (["broken.yaml"], "broken.yaml"),
    ],
)
def test_what_is_wrong_with_the_question_exits_with_4(
    folder: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    (folder.parent / "broken.yaml").write_text("name: [\n")
    assert check(monkeypatch, *arguments) == CHECK_USAGE
    output = capsys.readouterr()
    assert told in output.err
    assert output.out == ""
    assert not (folder.parent / "results").exists()


def test_a_bug_is_no_judgement(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tinker.review.review.judge", lambda *_: 1 / 0)
    assert check(monkeypatch, folder) == CHECK_USAGE
    output = capsys.readouterr()
    assert "ZeroDivisionError" in output.err
    assert (
        output.err.splitlines()[-1] == "tinker: check: this is a bug of tinker and no judgement; its traceback is above"
    )
    assert output.out == ""


def test_help_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(monkeypatch, "--help") == 0
    assert "0 accept, 1 reject, 2" in capsys.readouterr().out


def test_other_commands_keep_their_exit_code_for_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tinker", "report", "--sedes", "3"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_json_holds_the_exit_code(
    folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, folder, *arguments) == 1
    assert json.loads(capsys.readouterr().out)["exit_code"] == 1


def test_markdown_is_for_a_pull_request(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(monkeypatch, folder, "--format", "md") == 1
    assert capsys.readouterr().out.startswith("## Review of made-up: reject\n")


def test_tables_are_judged_without_torch_ray_lightning_or_hydra(folder: Path, tinker_command: Tinker) -> None:
    done = tinker_command("check", "tables", "--arm", "good")
    assert (done.returncode, loaded(done) & {"torch", "ray", "lightning", "hydra"}) == (0, set())


def test_a_reader_that_leaves_early_changes_no_judgement(folder: Path) -> None:
    command = [sys.executable, "-c", RUN, "check", str(folder), "--arm", "open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as done:
        assert done.stdout is not None
        done.stdout.close()
        assert done.wait() == 2
