"""The arguments that several commands share, so that they are called and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Grid = Annotated[
    str,
    typer.Argument(
        metavar="GRID", help="A grid's YAML file, or the name of a grid in the results.", show_default=False
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
