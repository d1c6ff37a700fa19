"""Whether `train.matmul=onednn` pays for a grid: it costs a trial nothing, so a step must only be faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from tinker.schedule.measured.rounds import rounds
from tinker.schedule.measured.sides import Side, SideDiverged, SideEnded, SideLate, SideRefused, of_the_control, timed
from tinker.spec import TrialSpec

#: Seconds that the whole measurement may take.
LIMIT = 300.0
#: What a step must gain: a switch that rounds otherwise is not thrown for less.
WORTH = 1.05


def multiplying(specs: Sequence[TrialSpec], say: Callable[[str], None], limit: float = LIMIT) -> dict[str, Any]:
    """Measures it on a trial that multiplies as torch does, or on several as one program if they can be that; decides.

    Raises:
        UserError: the trial cannot be trained here as it is.
    """
    say(f"measuring whether oneDNN multiplies faster (resources.matmul: auto), at most {limit / 60:g} min ...")
    until = time.monotonic() + limit
    try:
        return _decided(specs, say, until, limit)
    except SideRefused:  # their seeds go one by one
        return _decided(specs[:1], say, until, limit)


def _decided(specs: Sequence[TrialSpec], say: Callable[[str], None], until: float, limit: float) -> dict[str, Any]:
    """Raises `SideRefused` where the trials cannot be trained as one program."""
    usual, switched = ([timed(spec, matmul=library) for spec in specs] for library in ("torch", "onednn"))
    with Side(usual) as one, Side(switched) as other:
        with of_the_control("matmul", f"no step within {limit:g} s", "a train.matmul of torch or onednn in `base`"):
            one.begin(until)
            one.steps(1, until)
        try:
            other.begin(until)
            other.steps(1, until)
            found = rounds(one, other, until, say)
        except SideRefused:
            raise
        except SideDiverged as error:
            return _off(str(error))
        except SideEnded as error:
            return _off(f"it could not be measured: {error}")
        except SideLate:
            return _off(f"not measured within {limit:g} s")
    figures = {**found.figures, "step_s": median(found.one), "block": found.block}
    return {"on": figures["ratio"] > WORTH, "why": "", "figures": figures}


def _off(why: str) -> dict[str, Any]:
    return {"on": False, "why": why}
