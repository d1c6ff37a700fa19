"""`--on WHERE`: which machines are meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinker.cloud.extra import require_extra
from tinker.cloud.host import Say
from tinker.cloud.voice import steady
from tinker.errors import UserError


def run_elsewhere(
    on: str,
    grids: Sequence[str],
    overrides: Sequence[str],
    results: Path,
    fleet: Path | None,
    options: Sequence[str],
    *,
    say: Say,
    print_log: Say,
    yes: bool,
    detach: bool,
) -> int:
    """Runs the grid there; `options` are those of `tinker run` that the run there is to have too.

    Returns:
        An exit code: that of the run, FAILED or INTERRUPTED.

    Raises:
        UserError: anything wrong with what is asked for, or with the machines.
    """
    require_extra()
    from tinker.cloud.trip import trip

    say, print_log = steady(say), steady(print_log)
    if on == "runpod":
        from tinker.cloud.start import on_runpod

        asked = trip(grids, overrides, results, fleet, options)
        return on_runpod(asked, say, print_log, yes=yes, detach=detach)
    kind, _, rest = on.partition("://")
    if kind in ("ssh", "ray") and rest:
        from tinker.cloud.visit import on_host

        return on_host(on, trip(grids, overrides, results, fleet, options), say, print_log, detach=detach)
    raise UserError(f"--on {on}: not a place; allowed: runpod, ssh://[USER@]HOST[:PORT], ray://HOST[:PORT]")
