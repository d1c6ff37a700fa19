"""How many seeds of an arm to train as one program: as many as fit, where that gives more tokens a second than one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinker.schedule.gpu_share import CONTEXT_BYTES, MARGIN
from tinker.schedule.measured.rounds import rounds
from tinker.schedule.measured.sides import Side, SideDiverged, SideEnded, SideLate, SideRefused, of_the_control, timed
from tinker.spec import Seeds, TrialSpec

#: Seconds that the whole measurement may take.
LIMIT = 300.0
#: What a process says that has run out of a GPU's memory.
FULL = "out of memory"


def fusing(
    spec: TrialSpec, seeds: int, room_bytes: int | None, say: Callable[[str], None], limit: float = LIMIT
) -> dict[str, Any]:
    """Decides for a grid of so many seeds whose control is `spec`.

    Args:
        room_bytes: of a GPU's memory, for what goes as one; None where it has none, or nobody can tell.

    Raises:
        UserError: the trial cannot be trained here as it is.
    """
    if seeds < 2:
        return _one("the arms have one seed")
    # Here, since it imports torch: grids that ask for no measurement plan without.
    from tinker.config.schema import TrialConfig
    from tinker.train.fused.fusible import refusal

    why = refusal(TrialConfig.from_dict(spec.config))
    if why is not None:
        return _one(why)
    say(f"measuring how many seeds pay as one program (resources.fused: auto), at most {limit / 60:g} min ...")
    until, plain, most = time.monotonic() + limit, timed(spec), seeds
    with Side([plain]) as alone:
        with of_the_control("fused", f"no step within {limit:g} s", "a number"):
            alone.begin(until)
            alone.steps(1, until)
        while most > 1:
            try:
                found = _beside(alone, plain, most, room_bytes, until, say)
            except SideRefused as error:
                return _one(f"they cannot go together: {error}")
            except SideLate:
                return _one(f"not measured within {limit:g} s")
            except SideDiverged as error:
                return _one(str(error))
            except SideEnded as error:
                if FULL not in str(error).lower():
                    return _one(f"{most} together failed: {error}")
                found = None
            if found is not None:
                return found
            say(f"  {most} do not fit")
            most = 1 << ((most - 1).bit_length() - 1)  # the next smaller power of two
    return _one("not even 2 fit into the memory that they have")


def _beside(
    alone: Side, spec: TrialSpec, count: int, room_bytes: int | None, until: float, say: Callable[[str], None]
) -> dict[str, Any] | None:
    """One beside so many; None where these do not fit."""
    with Side([replace(spec, seeds=Seeds(seed, seed)) for seed in range(1, count + 1)]) as together:
        together.begin(until)
        together.steps(1, until)
        peak = together.steps(2, until).peak_mem_bytes
        if peak is not None and room_bytes is not None and (1 + MARGIN) * peak + CONTEXT_BYTES > room_bytes:
            return None
        found = rounds(alone, together, until, say, times=count)
    pays = found.figures["ratio"] > 1
    figures = {**found.figures, "tried": count, "peak_mem_bytes": peak}
    return {"seeds": count if pays else 1, "why": "", "figures": figures}


def _one(why: str) -> dict[str, Any]:
    return {"seeds": 1, "why": why}
