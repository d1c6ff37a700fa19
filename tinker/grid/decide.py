"""The decision rule that a grid declares before it runs. Imports neither torch nor the trainer: reports read it too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Literal

from tinker.config.limits import Limits, Pattern, Words
from tinker.errors import ConfigError
from tinker.spec import canonical

METRICS = ("val_loss", "best_val_loss", "train_loss", "val_bpb", "excess", "tokens_per_s", "seconds", "peak_mem_bytes")

#: A run that diverged has no better claim than guessing: these are its losses, in nats a token.
CAPPED = ("val_loss", "best_val_loss", "train_loss")

Metric = Annotated[str, Pattern(rf"{'|'.join(METRICS)}|excess_[a-z_]+", f"one of {', '.join(METRICS)}, excess_<skill>")]


Looks = Annotated[
    Literal["anytime"] | list[Annotated[int, Limits(at_least=2)]] | None,
    Words("null, `anytime`, or a list of rising numbers of seeds such as [4, 8, 12]"),
]

#: All other metrics that tinker knows are better lower.
HIGHER = ("tokens_per_s",)

#: Chance below which an arm is hopeless, unless the grid says another.
FUTILITY = 0.1

#: Keys that came later: left out of the hash while they say what was meant before there was a key for it.
LATER = ("test", "pairing", "blocks", "looks", "accept", "max_seed_cv", "futility")


@dataclass(frozen=True)
class Decide:
    """Which difference from the control counts, and what is concluded from it.

    Attributes:
        metric: of a finished trial (`best_val_loss` is the best of its evaluations, all others the last).
        min_effect: the smallest difference that matters, in the metric's unit.
        alpha: error rate, two-sided.
        correction: over the arms of the grid.
        final_step: `declared`: only a trial that did all its `train.steps` has a final value.
        diverged: what a diverged run counts as. `worst`: while an arm has one, its mean cannot make it better than the
            control; `rank`: the worst rank of all, in an exact Mann-Whitney test; `cap`: the loss of guessing, ln V.
        test: `t` is Welch's; `permutation` the exact one of the means; `rank` the exact Mann-Whitney.
        pairing: `seed` tests the differences between runs of equal seed (t, sign flips or signed ranks).
        blocks: `hardware` compares within each kind of machine only, and pools over them.
        looks: numbers of seeds an arm at which a verdict may be reached early; `anytime`: after any.
        futility: at a look an arm stops as hopeless where its chance to be decided by the last is below this; null:
            never. It goes with listed looks.
        accept: what `tinker check` accepts: an arm that is `better`, or one that is `not_worse` by min_effect.
        max_seed_cv: largest sd over mean of an arm's validation losses over seeds that `tinker check` lets pass.
    """

    metric: Metric
    min_effect: Annotated[float, Limits(above=0)]
    direction: Literal["lower", "higher"] = "lower"
    alpha: Annotated[float, Limits(above=0, below=0.5)] = 0.05
    correction: Literal["holm", "none"] = "holm"
    final_step: Literal["declared"] = "declared"
    diverged: Literal["worst", "rank", "cap"] = "worst"
    test: Literal["t", "permutation", "rank"] = "t"
    pairing: Literal["none", "seed"] = "none"
    blocks: Literal["none", "hardware"] = "none"
    looks: Looks = None
    accept: Literal["better", "not_worse"] = "better"
    max_seed_cv: Annotated[float, Limits(above=0)] = 0.01
    futility: Annotated[float, Limits(above=0, below=1)] | None = FUTILITY

    def __post_init__(self) -> None:
        """Refuses what does not go together. Raises ConfigError."""
        if isinstance(self.looks, list) and (not self.looks or sorted(set(self.looks)) != self.looks):
            raise ConfigError("decide.looks", f"{self.looks} is not a list of rising numbers of seeds, like [4, 8, 12]")
        for key, value, problem in _contradictions(self):
            raise ConfigError(f"decide.{key}", f"{value!r} {problem}")

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `grid.json`."""
        return asdict(self)

    @property
    def rule_hash(self) -> str:
        """16 hex digits of sha256 over the whole rule: stored with results, so that a later edit shows."""
        defaults = {field.name: field.default for field in fields(self)}
        said = {k: v for k, v in self.as_dict().items() if k not in LATER or v != defaults[k]}
        return hashlib.sha256(canonical(said).encode()).hexdigest()[:16]


def _contradictions(rule: Decide) -> Iterator[tuple[str, str, str]]:
    """Key, value and problem of each choice that another one forbids."""
    better = "higher" if rule.metric in HIGHER else "lower"
    if rule.direction != better and (rule.metric in METRICS or rule.metric.startswith("excess_")):
        yield "direction", rule.direction, f"is not how {rule.metric} gets better; say `direction: {better}`"
    if rule.blocks == "hardware" and (rule.test != "t" or rule.pairing == "seed"):
        yield "blocks", rule.blocks, "is a t-test of its own; leave `test: t` and `pairing: none`"
    if rule.diverged == "rank" and (rule.test != "rank" or rule.pairing == "seed"):
        yield "diverged", rule.diverged, "needs a Mann-Whitney test: say `test: rank` and `pairing: none` with it"
    if rule.diverged == "rank" and rule.looks == "anytime":
        yield "looks", "anytime", "rests on means, which a worst rank has not; list the numbers of seeds instead"
    if rule.diverged == "cap" and rule.metric not in CAPPED:
        yield "diverged", rule.diverged, f"is a loss, ln V; it goes with the metrics {', '.join(CAPPED)} only"
    if not isinstance(rule.looks, list) and rule.futility != FUTILITY:
        yield "futility", str(rule.futility), "is the chance left at a look; list the looks, like `looks: [4, 8, 12]`"
    if rule.looks == "anytime" and (rule.test != "t" or rule.pairing == "seed" or rule.blocks == "hardware"):
        yield "looks", "anytime", "is a test of its own; leave `test: t`, `pairing: none` and `blocks: none`"
