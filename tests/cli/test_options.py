"""The commands and options there are: a new one is a decision, made by editing the list beside this file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperCommand, TyperGroup

from tinker.cli.main import app

FROZEN = Path(__file__).with_name("frozen_options.txt")


def _commands() -> Iterator[tuple[str, TyperCommand]]:
    """Every command with its name; those of a group after the group's."""
    for name, command in sorted(typer.main.get_group(app).commands.items()):
        inner = command.commands if isinstance(command, TyperGroup) else {}
        yield from ((f"{name} {each}", inner[each]) for each in sorted(inner))
        if not inner:
            yield name, command


def _options() -> list[str]:
    """A line for each command, then one for each of its arguments and options."""
    lines = []
    for name, command in _commands():
        lines.append(name)
        for parameter in command.params:
            is_option = parameter.param_type_name == "option"
            shown = [*parameter.opts, *parameter.secondary_opts] if is_option else [str(parameter.metavar)]
            lines.append(f"    {', '.join(shown)}")
    return lines


def test_commands_and_options_are_those_of_the_frozen_list() -> None:
    assert _options() == FROZEN.read_text().splitlines(), "a deliberate change also changes frozen_options.txt"


def test_every_command_and_option_explains_itself() -> None:
    for name, command in _commands():
        assert command.help, name
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"
