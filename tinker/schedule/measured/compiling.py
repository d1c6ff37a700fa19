"""Whether `train.compile` pays for a grid: a step must be faster by more than compiling costs every single trial."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from tinker.schedule.cost import steps_of
from tinker.schedule.measured.rounds import Rounds, rounds
from tinker.schedule.measured.sides import Side, SideDiverged, SideEnded, SideLate, of_the_control, timed
from tinker.spec import TrialSpec

#: Seconds that the whole measurement may take.
LIMIT = 300.0
#: What takes longer to compile than so many trials take cannot pay: compiled once more, from what the first time has
#: left on the disk, it takes a tenth of it or so, and no trial becomes much more than twice as fast.
HOPELESS = 8.0
#: Evaluations of the last process: the first compiles them.
EVAL_EVERY = 2


@dataclass(frozen=True)
class Compiled:
    """What was measured.

    Attributes:
        rounds: blocks of steps without and with.
        first_s: seconds until the first step of a trial was done, without.
        cold_s: the same compiled for the first time on this machine.
        again_s: the same in another process, as each worker has it; `cold_s` where no step is faster.
        evaluation_s: what compiling adds to the first evaluation.
    """

    rounds: Rounds
    first_s: float
    cold_s: float
    again_s: float
    evaluation_s: float

    def part(self, steps: int) -> dict[str, Any]:
        """The decision for trials of so many steps, with its figures."""
        figures, step = self.rounds.figures, median(self.rounds.one)
        compile_s = max(0.0, self.again_s - self.first_s) + self.evaluation_s
        plain = self.first_s + (steps - 1) * step
        compiled = self.first_s + compile_s + (steps - 1) * step / figures["ratio"]
        seconds = {"plain_s": plain, "compiled_s": compiled, "compile_s": compile_s, "cold_s": self.cold_s}
        found = {**figures, **seconds, "step_s": step, "steps": steps, "block": self.rounds.block}
        return {"on": compiled < plain, "why": "", "figures": found}


def compiling(spec: TrialSpec, say: Callable[[str], None], limit: float = LIMIT) -> dict[str, Any]:
    """Measures it on the trial `spec`, which is not compiled, and decides.

    Raises:
        UserError: the trial cannot be trained here as it is.
    """
    return compared(timed(spec), timed(spec, compile=True), steps_of(spec), say, limit)


def compared(
    plain: TrialSpec, switched: TrialSpec, steps: int, say: Callable[[str], None], limit: float = LIMIT
) -> dict[str, Any]:
    """The same of two trials that do the same in two ways, in `steps` steps each.

    Raises:
        UserError: as `compiling`.
    """
    say(f"measuring whether train.compile pays (resources.compile: auto), at most {limit / 60:g} min ...")
    until = time.monotonic() + limit
    with Side([plain]) as one, Side([switched]) as other:
        late = f"it was not at its fourth step after {limit:g} s"
        with of_the_control("compile", late, "a train.compile of true or false in `base`"):
            one.begin(until)
            first = one.steps(1, until).seconds
            step = one.steps(3, until).seconds / 3
        trial = first + (steps - 1) * step
        try:
            other.begin(until)
            hopeless = time.monotonic() + HOPELESS * trial
            try:
                cold = other.steps(1, min(until, hopeless)).seconds
            except SideLate:
                if hopeless > until:
                    raise
                return _off(f"compiling takes longer than {HOPELESS:g} trials of {trial:.3g} s each")
            say(f"  a trial of {steps:,} steps takes about {trial:.3g} s, and compiling the first time {cold:.3g} s")
            found = rounds(one, other, until, say)
            again, evaluation = cold, 0.0
            if median(found.ratios) > 1:  # else it does not pay whatever it costs
                say("  a step is faster; measuring what compiling costs a trial in another process ...")
                for _ in range(2):  # the first fills what is kept on the disk with what evaluations need
                    again, evaluation = _again(timed(switched, eval_every=EVAL_EVERY), until)
        except SideDiverged as error:
            return _off(str(error))
        except SideEnded as error:
            return _off(f"it cannot be compiled here: {error}")
        except SideLate:
            return _off(f"not measured within {limit:g} s, so it may cost more than it gains")
    return Compiled(found, first, cold, again, evaluation).part(steps)


def _again(spec: TrialSpec, until: float) -> tuple[float, float]:
    """Seconds until the first step in one more process, and what its first evaluation takes more than its second."""
    with Side([spec]) as side:
        side.begin(until)
        taken = [side.steps(1, until).seconds for _ in range(2 * EVAL_EVERY)]
    return taken[0], max(0.0, taken[EVAL_EVERY - 1] - taken[-1])


def _off(why: str) -> dict[str, Any]:
    return {"on": False, "why": why}
