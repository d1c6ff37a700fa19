"""All that `tinker noise` says of some runs, as plain data for `--json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from tinker.errors import UserError
from tinker.noise.floor import Floor
from tinker.noise.needed import Needed, needed
from tinker.noise.rates import Rate, rates
from tinker.noise.runs import Runs

#: Fewer runs cannot be split into two arms of two.
FEWEST = 4


@dataclass(frozen=True)
class Noise:
    """`rates` are empty below four runs, and like `needed` where the runs do not differ at all. `more` is the command
    that makes more runs."""

    runs: Runs
    floor: Floor
    rates: list[Rate]
    needed: list[Needed]
    more: str

    @property
    def families(self) -> tuple[int, ...]:
        """Numbers of arms that share alpha, for which seeds are counted."""
        return families(self.runs)


def analyse(runs: Runs, more: str) -> Noise:
    """The noise of these runs.

    Raises:
        UserError: fewer than two finished runs.
    """
    if len(runs.values) < 2:
        raise UserError(
            f"{runs.grid}: {len(runs.values)} of {runs.n_planned} runs of {runs.arm!r} have a value of {runs.metric}"
            f"{_lost(runs)}, and noise shows between runs only; {more}"
        )
    floor = Floor.of(runs.values)
    differ = floor.sd > 0.0
    found = rates(runs.values, runs.alpha, runs.lower_is_better) if differ and len(runs.values) >= FEWEST else []
    seeds = needed(floor, runs.alpha, families(runs), runs.min_effect) if differ else []
    return Noise(runs, floor, found, seeds, more)


def families(runs: Runs) -> tuple[int, ...]:
    """One arm, and the grid's number of them where that makes alpha stricter."""
    return (1, runs.arms) if runs.correction == "holm" and runs.arms > 1 else (1,)


def as_dict(noise: Noise) -> dict[str, Any]:
    """Every number in full; sizes and families are keys, so they are text."""
    return {
        "runs": asdict(noise.runs),
        "floor": {**asdict(noise.floor), "chance": _keyed(noise.floor.chance)},
        "rules": [
            {
                "rule": rate.thumb.key,
                "said": rate.thumb.said,
                **{key: value for key, value in asdict(rate).items() if key != "thumb"},
            }
            for rate in noise.rates
        ],
        "needed": [
            {
                **asdict(row),
                "seeds": {str(k): {"at_sd": at, "at_upper_sd": upper} for k, (at, upper) in row.seeds.items()},
            }
            for row in noise.needed
        ],
    }


def _keyed(by_size: dict[int, float]) -> dict[str, float]:
    return {str(size): value for size, value in by_size.items()}


def _lost(runs: Runs) -> str:
    lost = {"diverged": runs.n_diverged, "failed": runs.n_failed, "unfinished": runs.n_unfinished}
    said = [f"{count} {what}" for what, count in lost.items() if count]
    return f" ({', '.join(said)})" if said else ""
