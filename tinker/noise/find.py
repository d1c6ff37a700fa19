"""Which runs `tinker noise` is asked about, and whether some are to be trained first."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinker.errors import UserError
from tinker.grid.find import find_grid
from tinker.grid.load import load_grid
from tinker.grid.product import declared_arms
from tinker.noise.runs import Runs, runs_of
from tinker.report.analysis import Analysis
from tinker.review import find as review

#: Of the folder with a control's runs for its own sake, beside that of its grid.
SUFFIX = "-noise"
#: Runs that the advice names: an sd from so many is known to within a third or so.
ADVISED = 12


@dataclass(frozen=True)
class Asked:
    """What to analyse.

    Attributes:
        analysis: the results; None where they are trained first, and are then those of `name`.
        again: this command.
        more: how to get more runs, in words.
        notes: what to know of the results.
        arms: how many arms the control is for, where the results themselves do not say it.
    """

    name: str
    results: Path
    analysis: Analysis | None
    arm: str | None
    again: str
    more: str
    notes: tuple[str, ...] = ()
    arms: int | None = None

    def runs(self, metric: str | None) -> list[Runs]:
        """The runs, for each corpus and scale. Raises UserError: no such results, arm or metric."""
        found = runs_of(self.analysis or Analysis.of(self.results, self.name, keep=False), self.arm, metric)
        return [
            replace(runs, notes=(*self.notes, *runs.notes), arms=runs.arms if self.arms is None else self.arms)
            for runs in found
        ]


def find(grid: str, overrides: Sequence[str], results: Path, arm: str | None, seeds: int | None) -> Asked:
    """The runs of the grid's control, or of an `arm`; with `seeds`, those that `train_controls` makes.

    Raises:
        UserError: no such grid or results, or options that exclude each other.
    """
    elsewhere = [] if results == Path("results") else ["--results", str(results)]
    command = ["tinker", "noise", grid, *overrides]
    if seeds is not None:
        if arm is not None:
            raise UserError("--seeds trains runs of the control, --arm asks about another arm: give one of the two")
        found = find_grid(grid, overrides, results)
        declared = load_grid(found.file, found.overrides)
        again, arms = shlex.join([*command, "--seeds", str(seeds), *elsewhere]), len(declared_arms(declared))
        more = "get more with a higher --seeds"
        return Asked(declared.results_name + SUFFIX, results, None, None, again, more, arms=arms)
    train = shlex.join([*command, "--seeds", str(ADVISED), *elsewhere])
    try:
        there = review.find(grid, overrides, results)
    except UserError as error:
        hint = f"; to train runs of its control: {train}" if _is_declaration(grid) else ""
        raise UserError(f"{error}{hint}", exit_code=error.exit_code) from None
    own = _is_declaration(grid) or (results / grid / "grid.json").is_file()
    if there.analysis.grid.get("imported") or not own:
        more = "get more where these runs come from"
    else:
        more = f"get more with `{train}`" if arm is None else "get more with a higher `seeds` in the grid"
    name, again = there.analysis.grid["name"], shlex.join([*command, *elsewhere])
    return Asked(name, results, there.analysis, arm, again, more, there.notes)


def _is_declaration(grid: str) -> bool:
    return Path(grid).is_file() and Path(grid).suffix in (".yaml", ".yml")
