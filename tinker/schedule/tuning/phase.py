"""The tuning of all arms, stage after stage: a batch of every arm together, and rung by rung within a batch.

What comes next rests on the store alone. A run that is killed and started again comes to the same stage; a plan or a
report comes to the same state without running anything.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass, replace

from tinker.errors import FAILED, UserError
from tinker.grid.expand import Arm, Plan
from tinker.grid.tunable import Tunable, rungs
from tinker.grid.tune import Tune
from tinker.grid.winners import with_winners
from tinker.schedule.job import Job, Stage
from tinker.schedule.tuning.search import Tried, ask, batch_size
from tinker.schedule.tuning.tried import Configuration, Trial, read
from tinker.schedule.tuning.winner import Edge, edges, go_on, winners
from tinker.spec import Seeds, TrialSpec
from tinker.store.store import Store


@dataclass(frozen=True)
class ArmTuning:
    """What was tried for one arm, and what won: `winner` and `ties` are numbers of configurations."""

    arm: Arm
    steps: int
    configurations: tuple[Configuration, ...]
    winner: int | None
    ties: tuple[int, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True)
class Tuned:
    """The tuning as far as the store has it; `left` are the trials without a result of the stage it is at."""

    arms: tuple[ArmTuning, ...]
    left: tuple[Job, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is left to try."""
        return not self.left

    @property
    def each_won(self) -> bool:
        """Whether every arm has a winner."""
        return all(arm.winner is not None for arm in self.arms)

    @property
    def specs(self) -> list[TrialSpec]:
        """All trials that were asked for so far."""
        return [trial.spec for arm in self.arms for each in arm.configurations for trial in each.trials]


class Tuning:
    """The state of one grid's tuning while its stages go by."""

    def __init__(self, plan: Plan, store: Store) -> None:
        assert plan.grid.tune is not None
        self.plan, self.store, self.tune = plan, store, plan.grid.tune
        self.tried: dict[str, list[Configuration]] = {arm.name: [] for arm in plan.arms}
        seeds = [Seeds(s, s) if isinstance(s, int) else Seeds(s.init, s.data) for s in self.tune.seeds]
        self.seeds = tuple(seeds)

    def stages(self) -> Generator[Stage, None, None]:
        """Stage after stage; the store is read when the next one is asked for."""
        batch = 0
        while batch_size(self.tune, len(self.tried[self.plan.control.name])):
            going = {arm.name: self._ask(arm, batch) for arm in self.plan.arms}
            # An arm may have a budget of its own, and another number of rungs with it.
            steps = max((rungs_of(arm, self.tune) for arm in self.plan.arms), key=len)
            for place in range(len(steps)):
                self._enter(going, place)
                jobs = self._jobs(going, place)
                if jobs:  # where none of any arm is stable none goes on
                    rung = f", to step {steps[place]:,}" if len(steps) > 1 else ""
                    yield Stage("tuning", jobs, words=f"batch {batch + 1}{rung}")
                    self.read()
                going = self._prune(going, place)
            batch += 1

    def read(self) -> None:
        """Takes in what the store has of every trial so far."""
        every = [trial.spec for configs in self.tried.values() for each in configs for trial in each.trials]
        ended = read(self.store, every, self.plan.grid.decide.metric)
        for name, configs in self.tried.items():
            self.tried[name] = [
                replace(each, trials=tuple(replace(t, ended=ended[t.spec.id]) for t in each.trials)) for each in configs
            ]

    def _ask(self, arm: Arm, batch: int) -> list[int]:
        mine, steps = self.tried[arm.name], rungs_of(arm, self.tune)[-1]
        told = [Tried(c.params, c.mean, None if c.rung == steps else c.rung) for c in mine]
        space = opened(arm).space
        asked = ask(self.tune, arm.name, space, batch, told, self.plan.grid.decide.direction)
        first = len(mine)
        mine += [Configuration(first + place, batch, params) for place, params in enumerate(asked)]
        return list(range(first, len(mine)))

    def _enter(self, going: dict[str, list[int]], place: int) -> None:
        """The trials of a rung, of the configurations that go on to it."""
        for arm in self.plan.arms:
            for number in going[arm.name]:
                rung, each = rungs_of(arm, self.tune)[place], self.tried[arm.name][number]
                pruned = self.tune.prune is not None
                specs = (opened(arm).spec(each.params, seeds, rung, pruned=pruned) for seeds in self.seeds)
                trials = (*each.trials, *(Trial(rung, spec) for spec in specs))
                self.tried[arm.name][number] = replace(each, trials=trials)

    def _jobs(self, going: dict[str, list[int]], place: int) -> tuple[Job, ...]:
        """Seed by seed, and the arms side by side."""
        jobs: list[Job] = []
        for seeds in self.seeds:
            for row in range(max(map(len, going.values()))):
                for arm in self.plan.arms:
                    for number in going[arm.name][row : row + 1]:
                        each, rung = self.tried[arm.name][number], rungs_of(arm, self.tune)[place]
                        [spec] = [t.spec for t in each.trials if t.rung == rung and t.spec.seeds == seeds]
                        knobs = ", ".join(f"{key}={value}" for key, value in each.params.items())
                        jobs.append(Job(spec, arm.name, seeds.label, knobs))
        return tuple(jobs)

    def _prune(self, going: dict[str, list[int]], place: int) -> dict[str, list[int]]:
        if self.tune.prune is None:
            return going
        kept: dict[str, list[int]] = {}
        for arm in self.plan.arms:
            mine = self.tried[arm.name]
            if place + 1 >= len(rungs_of(arm, self.tune)):
                kept[arm.name] = []  # they have had the whole budget
                continue
            at_rung = [mine[number] for number in going[arm.name]]
            kept[arm.name] = go_on(self.tune.prune, at_rung, self.plan.grid.decide.direction) if at_rung else []
            for number in set(going[arm.name]) - set(kept[arm.name]):
                mine[number] = replace(mine[number], stopped=True)
        return kept

    def left(self, stage: Stage) -> tuple[Job, ...]:
        """Those of its jobs that have neither a result nor failed."""
        ended = read(self.store, (job.spec for job in stage.jobs), self.plan.grid.decide.metric)
        return tuple(job for job in stage.jobs if ended[job.spec.id].state == "missing")

    def so_far(self, left: tuple[Job, ...]) -> Tuned:
        """What is known while these are left."""
        return Tuned(tuple(self._judged(arm, done=not left) for arm in self.plan.arms), left)

    def _judged(self, arm: Arm, *, done: bool) -> ArmTuning:
        mine, steps = tuple(self.tried[arm.name]), rungs_of(arm, self.tune)[-1]
        best = winners(mine, steps, self.plan.grid.decide.direction) if done else []
        found = edges(opened(arm).space, mine[best[0]]) if best else []
        return ArmTuning(arm, steps, mine, best[0] if best else None, tuple(best[1:]), tuple(found))


def opened(arm: Arm) -> Tunable:
    """The arm's template and space."""
    assert arm.tunable is not None, "only the arms of a grid that tunes are asked"
    return arm.tunable


def rungs_of(arm: Arm, tune: Tune) -> tuple[int, ...]:
    """The steps at which the arm's configurations are compared; the last is its budget."""
    return rungs(tune, arm.config["train"]["steps"])


def tuning_stages(plan: Plan, store: Store, settled: Collection[str] = ()) -> Generator[Stage, None, Tuned]:
    """The stages of a plan's tuning; its value (`yield from`) is what came out.

    `settled` are ids of failed trials that are not to run again: see `settled_failures`.

    Raises:
        UserError: an arm has no stable configuration.
    """
    tuning = Tuning(plan, store)
    for stage in tuning.stages():
        yield replace(stage, jobs=tuple(job for job in stage.jobs if job.spec.id not in settled))
    return stable(tuning.so_far(()))


def tuning_so_far(plan: Plan, store: Store) -> Tuned:
    """The tuning as the store has it, complete or not. Nothing is run, and nothing is written."""
    tuning = Tuning(plan, store)
    for stage in tuning.stages():
        left = tuning.left(stage)
        if left:
            tuning.read()
            return tuning.so_far(left)
    return tuning.so_far(())


def tuned_from_store(plan: Plan, store: Store) -> Tuned | None:
    """What came out of a plan's tuning; None while trials are missing.

    Raises:
        UserError: an arm has no stable configuration.
    """
    tuned = tuning_so_far(plan, store)
    return stable(tuned) if tuned.complete else None


def confirmed(plan: Plan, tuned: Tuned) -> Plan:
    """The plan with the winners' values in its arms, and the cells that compare these on fresh seeds."""
    found = {each.arm.name: each.configurations[each.winner].params for each in tuned.arms if each.winner is not None}
    return with_winners(plan, found)


def stable(tuned: Tuned) -> Tuned:
    """The tuning, if each arm has a winner.

    Raises:
        UserError: naming the first arm that has none.
    """
    lost = [each for each in tuned.arms if each.winner is None]
    for each in lost:
        raise UserError(
            f"tune: arm {each.arm.name!r} has no stable configuration: each of {len(each.configurations)} that were "
            f"tried diverged or failed with a seed, or stopped before step {each.steps}, so there is nothing to "
            "compare; give it another range in tune.arms, or look into the logs of its trials",
            exit_code=FAILED,
        )
    return tuned
