"""`tinker import`: runs of other tools as a grid. Imports no torch, ray or lightning."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tinker.cli.options import RESULTS, Results


class From(StrEnum):
    """Formats that runs are read from."""

    csv = "csv"
    parquet = "parquet"
    jsonl = "jsonl"
    wandb = "wandb"
    ray = "ray"


def option(name: str, metavar: str, text: str, least: int | None = None) -> Any:
    """An option that takes a value; of a number, `least` is the least."""
    return typer.Option(name, metavar=metavar, help=text, show_default=False, min=least)


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command(name="import")
    def import_(
        files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of runs, or a Ray Tune folder.")],
        control: Annotated[str, option("--control", "ARM", "The arm that the others are compared with.")],
        min_effect: Annotated[float, option("--min-effect", "X", "Smallest difference that matters.")],
        name: Annotated[str | None, option("--name", "NAME", "Of the grid to make; default the file's.")] = None,
        arm: Annotated[
            list[str] | None, option("--arm", "COLUMN", "Names the arm; several are joined by /. Default arm.")
        ] = None,
        seed: Annotated[
            str | None, option("--seed", "COLUMN", "The seed; `none` if the runs have none. Default seed.")
        ] = None,
        metric: Annotated[
            list[str] | None,
            option("--metric", "COLUMN[=NAME]", "A metric; the first is the rule's. Default val_loss. Repeatable."),
        ] = None,
        direction: Annotated[
            str | None, option("--direction", "lower|higher", "Which way is better. Default lower.")
        ] = None,
        alpha: Annotated[float | None, option("--alpha", "P", "Two-sided error rate. Default 0.05.")] = None,
        decide: Annotated[
            list[str] | None,
            option("--decide", "KEY=VALUE", "Another key of the rule, as in a grid's `decide`. Repeatable."),
        ] = None,
        step: Annotated[
            str | None, option("--step", "COLUMN", "Rows are points of curves; the last one of a run counts.")
        ] = None,
        steps: Annotated[
            int | None,
            option("--steps", "N", "The declared last step: a run that ended at another one failed.", least=1),
        ] = None,
        hardware: Annotated[
            str | None, option("--hardware", "COLUMN", "The machine; unlike machines are not compared.")
        ] = None,
        status: Annotated[str | None, option("--status", "COLUMN", "State: finished, crashed, running, ...")] = None,
        column: Annotated[
            list[str] | None,
            option("--column", "NAME=COLUMN", "Fills a column of trials.parquet, such as params. Repeatable."),
        ] = None,
        run_name: Annotated[
            str | None,
            option("--run-name", "PATTERN", "Where arm and seed stand in run names: '{arm}-s{seed}'; * is anything."),
        ] = None,
        tuning_seeds: Annotated[
            str, option("--tuning-seeds", "1,2,3", "Seeds that the arms were tuned on: none may be tested.")
        ] = "",
        corpus: Annotated[str, option("--corpus", "TEXT", "What was trained on, for the report.")] = "unknown",
        scale: Annotated[str, option("--scale", "TEXT", "Size and budget, for the report.")] = "unknown",
        question: Annotated[str, option("--question", "TEXT", "What the runs were to answer, for the report.")] = "",
        from_: Annotated[
            From | None, typer.Option("--from", help="The format, where the file does not tell it.")
        ] = None,
        results: Results = RESULTS,
    ) -> None:
        """Make a grid for report, check and noise of runs from elsewhere: CSV, Parquet, JSON lines, W&B, Ray Tune."""
        from tinker.importing.api import import_files
        from tinker.importing.request import Request, columns_of, metrics_of, seeds_of
        from tinker.importing.rule import rule_of

        metrics = metrics_of(metric or ["val_loss"])
        said = {"min_effect": min_effect, "direction": direction, "alpha": alpha}
        request = Request(
            name=name or files[0].resolve().stem,
            control=control,
            decide=rule_of(next(iter(metrics.values())), said, decide or []),
            metrics=metrics,
            arms=tuple(arm or ()),
            seed=seed,
            step=step,
            steps=steps,
            hardware=hardware,
            status=status,
            columns=columns_of(column or []),
            run_name=run_name,
            kind=from_.value if from_ else None,
            corpus=corpus,
            scale=scale,
            question=question,
            tuning_seeds=seeds_of(tuning_seeds),
        )
        sys.stdout.write(import_files(files, request, results).text())
