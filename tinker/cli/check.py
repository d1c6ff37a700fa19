"""`tinker check`: the reviewer's gate. Imports no torch, no ray, no lightning."""

from __future__ import annotations

import os
import sys
import traceback
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from tinker.cli.options import RESULTS, GridOrTables, Json, Overrides, Results
from tinker.errors import CHECK_USAGE, USAGE, UserError

#: Columns where nothing says how wide the reader's page is, and at most.
WIDTH = 100


class Layout(StrEnum):
    """How a review is laid out."""

    table = "table"
    md = "md"
    json = "json"


class Gate(TyperCommand):
    """A command whose exit codes 1, 2 and 3 are judgements: what is wrong with the question itself is a 4."""

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        """As any command's, but a misspelt option exits with 4."""
        try:
            return super().make_context(*arguments, **extra)
        except Exception as error:  # typer's own errors, whose classes are not the same in every version of it
            if getattr(error, "exit_code", None) == USAGE:
                error.exit_code = CHECK_USAGE  # type: ignore[attr-defined]
            raise

    def invoke(self, ctx: Any) -> Any:
        """As any command's, but what a user can mend exits with 4."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            error.exit_code = CHECK_USAGE
            raise


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command(cls=Gate)
    def check(
        grid: GridOrTables,
        overrides: Overrides = None,
        arm: Annotated[
            list[str] | None,
            typer.Option("--arm", metavar="NAME", help="The exit code is about this arm only; may be repeated."),
        ] = None,
        layout: Annotated[Layout, typer.Option("--format", help="How to lay it out.")] = Layout.table,
        as_json: Json = False,
        results: Results = RESULTS,
    ) -> None:
        """Say of each arm whether to accept it, and why; exit 0 accept, 1 reject, 2 inconclusive, 3 invalid."""
        try:
            code = _check(grid, overrides or [], results, arm or [], Layout.json if as_json else layout)
        except UserError:
            raise
        except Exception as error:  # Python's own exit code for it is 1, which here would be a judgement
            traceback.print_exc()
            raise UserError("check: this is a bug of tinker and no judgement; its traceback is above") from error
        raise typer.Exit(code)


def _check(grid: str, overrides: list[str], results: Path, arms: list[str], layout: Layout) -> int:
    """Prints the review; its exit code."""
    from rich.console import Console

    from tinker.review import json, markdown, terminal
    from tinker.review.find import find
    from tinker.review.review import review

    made = review(find(grid, overrides, results), arms)
    if layout is Layout.json:
        text = json.render(made)
    elif layout is Layout.md:
        text = markdown.render(made)
    else:
        console = Console()
        width = min(console.width, WIDTH) if console.is_terminal else WIDTH
        text = terminal.render(made, width, console.is_terminal)
    _print(text if text.endswith("\n") else f"{text}\n")
    return made.exit_code


def _print(text: str) -> None:
    """To a reader who may leave early, which changes nothing in the judgement."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
