"""`tune:` of a grid: what is searched for each arm before the arms are compared, on which seeds, and how."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, Literal

from tinker.config.limits import Limits
from tinker.config.suggest import given, unknown
from tinker.errors import ConfigError
from tinker.grid.seeds import Seed, SeedPair
from tinker.spec import canonical

Count = Annotated[int, Limits(at_least=1)]

#: What a search may be told, by its type, beside its seed: Optuna's own names, less what is no plain value.
ARGUMENTS: dict[str, dict[str, type]] = {
    "grid": {},
    "random": {},
    "tpe": {
        "n_startup_trials": int,
        "n_ei_candidates": int,
        "multivariate": bool,
        "group": bool,
        "constant_liar": bool,
        "prior_weight": float,
    },
    "gp": {"n_startup_trials": int, "deterministic_objective": bool},
}
#: Searches that learn from the results of earlier batches; the others are asked once.
LEARNING = ("tpe", "gp")


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, ends included: on a log scale, or whole ones. A grid takes `points` of them."""

    low: float
    high: float
    log: bool = False
    int: bool = False
    points: Count | None = None


@dataclass(frozen=True)
class Follows:
    """Always `times` the value of another key: tuned with it, and no dimension of its own."""

    of: str
    times: Annotated[float, Limits(above=0)] = 1.0


Knob = Range | Follows | list[Any]
Space = dict[str, Knob]


@dataclass(frozen=True)
class Search:
    """How configurations are chosen: all of a grid, at random, or by a sampler of Optuna that learns.

    `batch` is how many a learning one is asked for before their results are told; `seed` (0 if not given) is for all
    but `grid`.
    """

    type: Literal["grid", "random", "tpe", "gp"]
    seed: Seed | None = None
    batch: Count | None = None
    arguments: dict[str, bool | int | float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prune:
    """Configurations of an arm that stop early, within a batch: at `first` steps, `factor` times as many, and so on.

    `halving`: of each arm the best 1/`factor` go on (successive halving, https://arxiv.org/abs/1502.07943). `median`:
    those go on that are not worse than the median of the arm.
    """

    type: Literal["halving", "median"]
    first: Count
    factor: Annotated[int, Limits(at_least=2)] = 3


@dataclass(frozen=True)
class Tune:
    """The tuning of every arm, the control included, before they are compared.

    Attributes:
        trials: configurations an arm, each run with every seed.
        seeds: on which no arm is compared later.
        search: how configurations are chosen.
        space: by dotted key what is tuned in every arm: a range, a list of values, or a key that follows another.
        arms: by arm what is its own: further keys, another range, or null for a key that it does not have.
        prune: whether configurations may stop early.
    """

    trials: Count
    seeds: list[Seed | SeedPair]
    search: Search
    space: dict[str, Knob | None] = field(default_factory=dict)
    arms: dict[str, dict[str, Knob | None]] = field(default_factory=dict)
    prune: Prune | None = None

    def of_arm(self, arm: str) -> Space:
        """What is tuned in that arm, in the order of the file."""
        both = {**self.space, **self.arms.get(arm, {})}
        return {key: knob for key, knob in both.items() if knob is not None}

    def check(self) -> None:
        """What no field can know alone.

        Raises:
            ConfigError: with the dotted path of the key.
        """
        if not self.seeds:
            raise ConfigError("tune.seeds", "[] is not allowed; list the seeds to tune with, as in [1001, 1002]")
        _check_search(self)
        for key, knob in self.space.items():
            if knob is None:
                raise ConfigError(f"tune.space.{key}", "null leaves a key out of one arm; put it into tune.arms")
        for path, space in (("tune.space", self.space), *((f"tune.arms.{a}", s) for a, s in self.arms.items())):
            for key, knob in space.items():
                for problem in _problems(knob, self.search.type):
                    raise ConfigError(f"{path}.{key}", problem)


def _problems(knob: Knob | None, search: str) -> Iterator[str]:
    """What is wrong with a knob by itself."""
    if isinstance(knob, list):
        if any(value in knob[:place] for place, value in enumerate(knob)):
            yield f"a value is there twice in {given(knob)}"
        if len(knob) < 2:
            yield f"{given(knob)} leaves nothing to tune; list two values at least, or set the key in the grid's base"
    elif isinstance(knob, Range):
        if knob.low >= knob.high:
            yield f"low {knob.low:g} is not below high {knob.high:g}"
        if knob.log and knob.low <= 0:
            yield f"low {knob.low:g} has no place on a log scale; give one above 0, or leave out log"
        if knob.int and not (knob.low.is_integer() and knob.high.is_integer()):
            yield f"with int: true both ends are whole numbers, not {knob.low:g} and {knob.high:g}"
        if search == "grid" and (knob.points or 0) < 2:
            yield "a grid needs to know into how many values to cut a range: give points, 2 at least"
        if search != "grid" and knob.points is not None:
            yield f"points are for search.type: grid, and it is {search}; leave them out"


def _check_search(tune: Tune) -> None:
    search = tune.search
    learns = search.type in LEARNING
    if search.type == "grid" and search.seed is not None:
        raise ConfigError("tune.search.seed", "a grid draws nothing; leave the seed out")
    if learns and search.batch is None:
        raise ConfigError("tune.search.batch", f"missing; how many {search.type} asks for before it is told")
    if learns and search.batch is not None and search.batch > tune.trials:
        raise ConfigError("tune.search.batch", f"{search.batch} is more than tune.trials {tune.trials}")
    if not learns and search.batch is not None:
        raise ConfigError("tune.search.batch", f"{search.type} learns nothing between batches; leave it out")
    for name, value in search.arguments.items():
        path, allowed = f"tune.search.arguments.{name}", ARGUMENTS[search.type]
        if name not in allowed:
            raise ConfigError(path, unknown(f"argument of {search.type}:", name, allowed))
        if type(value) is not allowed[name] and not (allowed[name] is float and type(value) is int):
            raise ConfigError(path, f"{given(value)} is not allowed; expected {allowed[name].__name__}")


def digest_of(tune: Tune) -> str:
    """12 hex digits that stand for what is declared."""
    return hashlib.sha256(canonical(_plain(tune)).encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if isinstance(value, (Tune, Range, Follows, Search, Prune, SeedPair)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
