"""Which seeds each arm runs with: a count, a list, or one of the two for the arms and another for the control.

Seeds that arms were tuned on are declared too: a winner of tuning looks better on them than it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from tinker.config.limits import Limits, Words
from tinker.errors import ConfigError
from tinker.spec import Seeds

Seed = Annotated[int, Limits(at_least=0, below=2**31)]


@dataclass(frozen=True)
class SeedPair:
    """Different seeds for the two streams."""

    init: Seed
    data: Seed


_MANY = "a count (a whole number, at least 1), or a list of seeds"
SeedList = Annotated[
    Annotated[int, Limits(at_least=1)] | list[Seed | SeedPair],
    Words(_MANY),
]
ControlSeeds = Annotated[
    Literal["auto"] | Annotated[int, Limits(at_least=1)] | list[Seed | SeedPair], Words(f"`auto`, {_MANY}")
]


@dataclass(frozen=True)
class SeedCounts:
    """The control may have more seeds than the arms: it is shared by every comparison. `auto`: see `control_seeds`.

    `tuning` lists seeds on which choices were made before: none of them may be tested on.
    """

    arms: SeedList
    control: ControlSeeds = "auto"
    tuning: list[Seed | SeedPair] = field(default_factory=list)


SeedsDeclared = SeedList | SeedCounts


@dataclass(frozen=True)
class SeedPlan:
    """The seeds of the arms, those of the control, which has at least the same, and those used up by tuning.

    `by_need`: of the control only so many run as the arms need that are not decided yet.
    """

    arms: tuple[Seeds, ...]
    control: tuple[Seeds, ...]
    tuning: tuple[Seeds, ...] = ()
    by_need: bool = False

    @classmethod
    def of(cls, declared: SeedsDeclared, tuning: list[Seed | SeedPair] | None = None) -> SeedPlan:
        """A count n stands for the seeds 1 ... n; `tuning` are those that the grid itself tunes on.

        A control that is `auto` has the arms' seeds, as it has where nothing is said of it.

        Raises:
            ConfigError: an empty list, a seed twice, a seed of the arms that the control does not have, or one that was
                tuned on.
        """
        if isinstance(declared, SeedCounts):
            before = _listed(declared.tuning, "seeds.tuning") if declared.tuning else ()
            control = declared.arms if declared.control == "auto" else declared.control
            plan = cls(_listed(declared.arms, "seeds.arms"), _listed(control, "seeds.control"), before)
        else:
            plan = cls(_listed(declared, "seeds"), _listed(declared, "seeds"))
        if tuning:
            mine = _listed(tuning, "tune.seeds")
            inits, orders = {seeds.init for seeds in plan.control}, {seeds.data for seeds in plan.control}
            used = [seeds.label for seeds in mine if seeds.init in inits or seeds.data in orders]
            if used:
                problem = f"{', '.join(used)} are seeds of the comparison (`seeds`): tune on others, as in [1001, 1002]"
                raise ConfigError("tune.seeds", problem)
            plan = replace(plan, tuning=tuple(dict.fromkeys((*plan.tuning, *mine))))
        declared_control = set(plan.control)
        missing = [seeds.label for seeds in plan.arms if seeds not in declared_control]
        if missing:
            problem = f"lacks the seeds {', '.join(missing)} of the arms; the control needs at least those"
            raise ConfigError("seeds.control", problem)
        used = [seeds.label for seeds in plan.tuning if seeds in plan.control]
        if used:
            problem = f"{', '.join(used)} were tuned on, and what won there looks better there: test on fresh seeds"
            raise ConfigError("seeds.tuning", problem)
        return plan

    @property
    def blocks(self) -> tuple[Seeds, ...]:
        """One block per seed: those of the arms first, then those of the control alone."""
        return (*self.arms, *(seeds for seeds in self.control if seeds not in self.arms))


def _listed(declared: SeedList, path: str) -> tuple[Seeds, ...]:
    entries = list(range(1, declared + 1)) if isinstance(declared, int) else declared
    seeds = tuple(Seeds(e, e) if isinstance(e, int) else Seeds(e.init, e.data) for e in entries)
    if not seeds:
        raise ConfigError(path, "an empty list is not allowed; expected at least one seed")
    twice = [seed.label for seed, count in Counter(seeds).items() if count > 1]
    if twice:
        raise ConfigError(path, f"the seed {twice[0]} is there twice; a second run of it would tell nothing new")
    return seeds
