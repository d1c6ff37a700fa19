"""Which configurations an arm tries next: a function of the grid, the arm, the batch and the earlier results alone.

For Optuna each batch has a study and a sampler of its own, seeded from the grid's seed, the arm and the batch, and the
earlier results are told anew. So a tuning that was killed asks for what one that was not would have asked for.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tinker.grid.space import Params, completed, crossed, listed, rounded, searched
from tinker.grid.tune import Range, Search, Space, Tune

#: How often a configuration that was tried already is drawn again, before the first untried one of the list is taken.
DRAWS = 50


@dataclass(frozen=True)
class Tried:
    """A configuration and what came of it.

    Attributes:
        value: the mean over the seeds at its last rung; None if a run diverged or failed.
        stopped_at: the step at which it was pruned; None if it had the whole budget.
    """

    params: Params
    value: float | None
    stopped_at: int | None = None


def batch_size(tune: Tune, tried: int) -> int:
    """How many configurations the next batch of an arm has; 0 after the last one."""
    left = tune.trials - tried
    return min(left, tune.search.batch) if tune.search.batch is not None else left


def ask(
    tune: Tune, arm: str, space: Space, batch: int, tried: Sequence[Tried], direction: Literal["lower", "higher"]
) -> list[Params]:
    """The configurations of that batch, numbered from 0; `tried` are those of the batches before it, in their order."""
    count = batch_size(tune, len(tried))
    if tune.search.type == "grid":
        return crossed(space)[len(tried) : len(tried) + count]
    return _asked(tune.search, arm, space, batch, tried, direction, count)


def _asked(
    search: Search,
    arm: str,
    space: Space,
    batch: int,
    tried: Sequence[Tried],
    direction: Literal["lower", "higher"],
    count: int,
) -> list[Params]:
    import optuna  # takes half a second, and most grids tune nothing

    seed = int.from_bytes(hashlib.sha256(f"{search.seed or 0} {arm} {batch}".encode()).digest()[:4])
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that an argument is experimental, its user need not be told each time
            study = optuna.create_study(
                sampler=_sampler(search, seed), direction="minimize" if direction == "lower" else "maximize"
            )
            dimensions = {key: _distribution(knob) for key, knob in searched(space).items()}
            for trial in _told(space, dimensions, tried, direction):
                study.add_trial(trial)
            found: list[Params] = []
            while len(found) < count:
                known = [each.params for each in tried] + found
                found.append(_fresh(study, dimensions, space, known))
            return found
    finally:
        optuna.logging.set_verbosity(before)


def _fresh(study: Any, dimensions: dict[str, Any], space: Space, known: list[Params]) -> Params:
    """The next configuration that was not tried yet; a list of few values may be drawn again and again."""
    for _ in range(DRAWS):
        drawn = study.ask(dimensions).params
        chosen = {key: _value(knob, drawn[key]) for key, knob in searched(space).items()}
        params = completed(space, chosen)
        if params not in known:
            return params
    every = listed(space)
    return params if every is None else next(each for each in every if each not in known)


def _sampler(search: Search, seed: int) -> Any:
    from optuna.samplers import GPSampler, RandomSampler, TPESampler

    arguments: dict[str, Any] = dict(search.arguments)
    if search.type == "tpe":
        # Told here, whatever a later Optuna takes for granted: those of a batch must not all be drawn at one spot.
        return TPESampler(**{"constant_liar": True, **arguments}, seed=seed)
    return GPSampler(**arguments, seed=seed) if search.type == "gp" else RandomSampler(seed=seed)


def _distribution(knob: Range | list[Any]) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(knob, list):
        return CategoricalDistribution(range(len(knob)))  # by place: an entry may be a mapping
    if knob.int:
        return IntDistribution(int(knob.low), int(knob.high), log=knob.log)
    return FloatDistribution(knob.low, knob.high, log=knob.log)


def _value(knob: Range | list[Any], drawn: Any) -> Any:
    return knob[drawn] if isinstance(knob, list) else rounded(knob, drawn)


def _told(space: Space, dimensions: dict[str, Any], tried: Sequence[Tried], direction: str) -> list[Any]:
    """Earlier configurations as Optuna's trials. What diverged or failed is told as worse than all that did not.

    By as much as the others differ: a finite number, since a sampler that fits a surface to them can do nothing with
    infinity, and none at all with NaN. A pruned one is known by its value at the step where it stopped.
    """
    from optuna.trial import TrialState, create_trial

    values = [each.value for each in tried if each.value is not None]
    span = (max(values) - min(values) if values else 0.0) or 1.0
    worst = (max(values, default=0.0) + span) if direction == "lower" else (min(values, default=0.0) - span)
    found = []
    for each in tried:
        params = {
            key: knob.index(each.params[key]) if isinstance(knob, list) else each.params[key]
            for key, knob in searched(space).items()
        }
        value = worst if each.value is None else each.value
        if each.stopped_at is not None and each.value is not None:
            trial = create_trial(
                state=TrialState.PRUNED,
                params=params,
                distributions=dimensions,
                intermediate_values={each.stopped_at: value},
            )
        else:
            trial = create_trial(value=value, params=params, distributions=dimensions)
        found.append(trial)
    return found
