"""`tinker doctor`: what this machine can run, and what is missing for the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from tinker.cli.options import RESULTS, Json, Results


def register(app: typer.Typer) -> None:
    """Adds the command."""

    @app.command()
    def doctor(
        as_json: Json = False,
        store: Annotated[
            bool, typer.Option("--store", help="Also check every byte of the results, and set aside what is damaged.")
        ] = False,
        results: Results = RESULTS,
    ) -> None:
        """Say what this machine can run and what is missing for the rest.

        Exit 0 if grids can run and all that was wrong with the store is mended, else 1.
        """
        import json
        from dataclasses import asdict

        from tinker.doctor.examine import can_run, examine
        from tinker.doctor.show import show
        from tinker.doctor.store import examine_store
        from tinker.errors import FAILED

        findings = examine(results)
        seen = examine_store(results) if store else []
        healed = [str(finding) for finding in seen] if store else None
        if as_json:
            made = {"can_run": can_run(findings), "findings": [asdict(f) for f in findings], "store": healed}
            typer.echo(json.dumps(made, indent=2))
        else:
            for line in show(findings):
                typer.echo(line)
            if healed is not None:
                typer.echo("\n".join(["", f"store: {len(healed)} findings", *healed]))
        if not can_run(findings) or not all(finding.mended for finding in seen):
            raise typer.Exit(FAILED)
