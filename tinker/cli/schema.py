"""`tinker schema`: the JSON Schema of a grid, for editors."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def schema() -> None:
        """Print the JSON Schema of a grid YAML, for completion and checks in an editor."""
        import json

        from tinker.config.groups import Groups
        from tinker.grid.json_schema import grid_schema

        typer.echo(json.dumps(grid_schema(Groups.find(None)), indent=2))
