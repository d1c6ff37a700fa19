"""The arguments that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tinker.errors import UserError

Grid = Annotated[
    str,
    typer.Argument(
        metavar="GRID", help="A grid's YAML file, or the name of a grid in the results.", show_default=False
    ),
]
Grids = Annotated[
    list[str],
    typer.Argument(
        metavar="GRID... [KEY=VALUE]...",
        help="Grids' YAML files, or names of grids in the results; then overrides in Hydra's syntax, for all of them.",
        show_default=False,
    ),
]
GridOrTables = Annotated[
    str,
    typer.Argument(
        metavar="GRID",
        help="A grid's YAML file, the name of a grid in the results, or a folder with its Parquet tables.",
        show_default=False,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Overrides in Hydra's syntax: data=tinyshakespeare scale=cpu-char seeds=8 model.attention.kv_heads=2",
        show_default=False,
    ),
]
Results = Annotated[Path, typer.Option("--results", metavar="DIR", file_okay=False, help="The results folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Force = Annotated[bool, typer.Option("--force", help="Run a scale that asks for a GPU on a CPU all the same.")]

RESULTS = Path("results")


def apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Grids, and overrides: those have a `=`, or a `~` in front.

    Raises:
        UserError: no grid is named.
    """
    overrides = [word for word in arguments if "=" in word or word.startswith("~")]
    grids = list(dict.fromkeys(word for word in arguments if word not in overrides))
    if not grids:
        raise UserError(
            f"no grid is named, only {', '.join(overrides)}; name a YAML file or a grid in the results first"
        )
    return grids, overrides
