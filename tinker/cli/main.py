"""`tinker`: the list of commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import sys

import typer

from tinker.cli import (
    attach,
    check,
    doctor,
    freeze,
    import_,
    interrupts,
    logs,
    new,
    noise,
    plan,
    replay,
    report,
    run,
    schema,
    status,
    stop,
    train,
    variants,
    verify,
)
from tinker.cli.cloud import group
from tinker.errors import UserError

app = typer.Typer(
    name="tinker",
    help="A/B testing for transformer ideas: arms against a control, seed replicates, verdicts with intervals.",
    epilog="Exit codes: 0 done, 1 a trial failed, a replay differs or a check fails, 2 bad input, 3 results in use, "
    "130 interrupted. Of check: 0 accept, 1 reject, 2 inconclusive, 3 invalid, 4 bad input.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: its boxes would take as long to load as all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    run,
    status,
    logs,
    stop,
    attach,
    report,
    check,
    plan,
    noise,
    import_,
    train,
    replay,
    freeze,
    verify,
    variants,
    new,
    schema,
    doctor,
    group,
):
    module.register(app)


def main() -> None:
    """Runs a command; an error that the user can mend is one message on stderr."""
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        with interrupts.caught():
            try:
                app()
            except BaseException as error:
                if interrupts.was(error):
                    interrupts.leave()
                raise
    except UserError as error:
        said = "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in str(error))
        sys.stderr.write(f"tinker: {said}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `tinker report | head`: the reader has what it wanted
        sys.stderr.close()
        sys.exit(0)
