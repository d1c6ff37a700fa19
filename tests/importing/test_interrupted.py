"""An import that dies half-way hides no runs: the grid is the one of before, or refused until it is imported again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.importing.made_up import grid, import_, runs, tinker, trials, verdicts, write_csv
from tinker.errors import UserError
from tinker.importing import api


class Killed(BaseException):
    """As a signal would."""


def _dies_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process writes so many files and no more."""
    left = [count]

    def limited(write: Callable[..., Any]) -> Callable[..., Any]:
        def one(*given: Any) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return write(*given)

        return one

    for name in ("write", "write_json"):
        monkeypatch.setattr(api, name, limited(getattr(api, name)))


@pytest.mark.parametrize("written", [1, 2])
def test_a_first_import_that_dies_is_done_again_under_its_name(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    with monkeypatch.context() as patch, pytest.raises(Killed):
        _dies_after(written, patch)
        import_(file, results=tmp_path / "results")
    folder = import_(file, results=tmp_path / "results")
    assert verdicts(folder) == {"base": "control", "good": "better", "bad": "worse"}
    assert [entry["results_existed"] for entry in grid(folder)["plan_history"]] == [None]


@pytest.mark.parametrize("written", [1, 2])
def test_a_later_import_that_dies_is_refused_until_it_is_done_again_and_overwrites_nothing(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    other = write_csv(tmp_path / "r.csv", [row | {"val_loss": row["val_loss"] + 1} for row in runs()])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        _dies_after(written, patch)
        import_(other, results=tmp_path / "results")
    folder = tmp_path / "results" / "there"
    before = (folder / "trials.parquet").read_bytes()
    with pytest.raises(UserError, match=r"15 of 15 runs of r\.csv are not in .*; import it again"):
        tinker("report", "there", "--results", tmp_path / "results")
    assert (folder / "trials.parquet").read_bytes() == before
    assert verdicts(import_(other, results=tmp_path / "results"))["good"] == "better"
    assert len(trials(folder)) == 15


def test_an_imported_grid_whose_tables_are_gone_is_refused(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    (folder / "trials.parquet").unlink()
    with pytest.raises(UserError, match="or a file is gone; import it again"):
        tinker("report", "there", "--results", tmp_path / "results")


@pytest.mark.parametrize("text", ["[", "[1]", "{}", '{"imported": "r.csv"}', "[" * 3000])
def test_a_grid_json_that_is_none_is_one_message(text: str, tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "r.csv", runs()), results=tmp_path / "results")
    (folder / "grid.json").write_text(text)
    with pytest.raises(UserError, match=r"grid\.json"):
        import_(tmp_path / "r.csv", results=tmp_path / "results")
