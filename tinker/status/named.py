"""A grid or a trial as people name it on a command line."""

from __future__ import annotations

from pathlib import Path

from tinker.errors import UserError
from tinker.store.layout import TRIAL_ID, Layout


def grid_named(grid: str) -> str:
    """The name among the results of a grid that is given by name, or as a YAML file.

    Raises:
        UserError: the file is no grid.
    """
    if not Path(grid).is_file():
        return grid
    from tinker.grid.load import load_grid

    return load_grid(Path(grid), []).results_name


def trial_named(beginning: str, results: Path) -> str:
    """The one id that begins so.

    Raises:
        UserError: none does, or several.
    """
    trials = Layout(results).trials
    ids = sorted(p.name for p in trials.iterdir() if TRIAL_ID.fullmatch(p.name)) if trials.is_dir() else []
    found = [trial for trial in ids if trial.startswith(beginning)]
    if not found:
        raise UserError(
            f"no trial in {results} has an id that begins with {beginning!r}; ids are in trials.parquet of a report, "
            "and `tinker status` names those that failed"
        )
    if len(found) > 1:
        more = ", ..." if len(found) > 5 else ""
        raise UserError(f"{beginning!r} is the beginning of {len(found)} ids: {', '.join(found[:5])}{more}; give more")
    return found[0]
