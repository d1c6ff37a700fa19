"""`tinker report`: where the report goes, and tables in a folder, into which nothing is written."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from typing import get_args

import pytest

from tests.review.made_up import Tables
from tests.tables.made_up import finish, grid, save
from tinker.cli import main as cli
from tinker.errors import USAGE
from tinker.report.api import Format

FORMATS: tuple[Format, ...] = get_args(Format)
BEGINS = {"table": "grid ", "md": "## made-up", "html": "<!doctype html>", "json": "{"}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Tables().write(tmp_path_factory.mktemp("committed") / "tables")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a store of one grid."""
    save(tmp_path / "results", grid({"baseline-v0": [0, 1]}))
    for seed in (0, 1):
        finish(tmp_path / "results", "baseline-v0", seed, val_loss=2.0 + 0.1 * seed)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def report(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> object:
    """The exit code."""
    monkeypatch.setattr(sys, "argv", ["tinker", "report", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("format", FORMATS)
def test_output_is_what_is_printed_otherwise(
    format: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(monkeypatch, "made-up", "--format", format) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(BEGINS[format])
    for option in ("-o", "--output"):
        assert report(monkeypatch, "made-up", "--format", format, option, "page") == 0
        assert (here / "page").read_text(encoding="utf-8") == printed
        assert capsys.readouterr().out == "page\n"
        (here / "page").unlink()


@pytest.mark.parametrize("where", ["no/such/folder/page.html", "results", "results/made-up/grid.json/page.html"])
def test_a_file_that_cannot_be_written_is_one_message(
    where: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(monkeypatch, "made-up", "--format", "html", "-o", where) == USAGE
    output = capsys.readouterr()
    assert output.err.startswith(f"tinker: --output {where}: cannot be written (")
    assert (output.err.count("\n"), output.out) == (1, "")


def test_a_page_on_a_terminal_is_written_beside_the_tables_and_its_path_printed(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert report(monkeypatch, "made-up", "--format", "html") == 0
    assert sys.stdout.getvalue() == "results/made-up/report.html\n"  # type: ignore[attr-defined]
    assert (here / "results/made-up/report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("file", ["", "/trials.parquet"])
def test_a_folder_with_tables_is_reported_and_stays_as_it_was(
    format: str, file: str, tables: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    before = contents(tables)
    assert report(monkeypatch, f"{tables}{file}", "--format", format) == 0
    output = capsys.readouterr()
    assert (output.out[: len(BEGINS[format])], output.err) == (BEGINS[format], "")
    assert contents(tables) == before
    assert contents(tmp_path) == {}


def test_of_a_store_s_own_tables_it_says_what_the_grid_s_report_says(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(monkeypatch, "made-up", "--format", "html") == 0
    usual = capsys.readouterr().out
    shutil.copytree(here / "results" / "made-up", here / "elsewhere")
    (here / "elsewhere" / "grid.json").unlink()
    assert report(monkeypatch, "elsewhere", "--format", "html") == 0
    assert capsys.readouterr().out == usual


def test_a_name_among_the_results_is_that_grid_whatever_lies_here(
    here: Path, tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tables, here / "made-up")
    assert report(monkeypatch, "made-up", "--json") == 0
    assert json.loads(capsys.readouterr().out)["trials"] == {"done": 2}
    assert (here / "results" / "made-up" / "comparisons.parquet").is_file()


def test_a_page_of_a_folder_is_not_written_into_it_unasked(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(tables)
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert report(monkeypatch, tables, "--format", "html") == USAGE
    assert "say --output FILE" in capsys.readouterr().err
    assert contents(tables) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tables", "seeds=3"], "tables holds finished tables, which overrides (seeds=3) cannot change"),
        (["."], ".: a folder without trials.parquet"),
        (["nothing"], "'nothing' is not a grid in results"),
    ],
)
def test_what_cannot_be_reported_is_one_message(
    arguments: list[str], told: str, tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tables.parent)
    assert report(monkeypatch, *arguments) == USAGE
    output = capsys.readouterr()
    assert output.err.startswith(f"tinker: {told}")
    assert (output.err.count("\n"), output.out) == (1, "")
