"""What would make a comparison meaningless, refused before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinker.config.merge import leaves
from tinker.data.corpus import Corpus
from tinker.errors import ConfigError
from tinker.grid.blame import blame
from tinker.grid.product import DeclaredArm
from tinker.grid.schema import Grid

#: Each of these changes bits without being an idea: it is chosen once and is the same for every arm.
ONCE = (
    "train.precision",
    "train.compile",
    "train.fused_optimizer",
    "train.matmul",
    "train.threads",
    "train.accelerator",
    "train.accumulate",
    "train.devices",
    "train.strategy",
    "model.backend",
)

#: Set for tuning trials, by `tune` alone: else an arm could be compared on other tokens, or after fewer steps.
TUNINGS = frozenset({"split", "train.until"})
NO_CHOICE = "is set for the trials of a tuning phase only, by `tune`; leave it out"

#: Parts of a config that are not the arm's to change.
NOT_AN_ARMS = ("recipe", "scale", "logger", "checkpoint", "plugins")


def check_diff(arm: DeclaredArm, base: Mapping[str, Any]) -> None:
    """Refuses an arm that changes what all arms must share.

    Raises:
        ConfigError: with the line of the key.
    """
    corpus = base["data"]["type"] if isinstance(base.get("data"), Mapping) else None
    for key, value in leaves(arm.diff).items():
        if key in TUNINGS:
            raise blame(ConfigError(key, NO_CHOICE), [arm.places], arm.where)
        once = any(f"{key}.".startswith(f"{shared}.") for shared in ONCE)
        if once or key.split(".")[0] in NOT_AN_ARMS:
            problem = "cannot differ between arms; set it for all of them, in the grid's `base` or as an override"
            raise blame(ConfigError(key, problem), [arm.places], arm.where)
        if key in ("data", "data.type") and value != corpus:
            problem = f"an arm cannot be trained on another corpus ({value!r}) than the control ({corpus!r})"
            raise blame(ConfigError(key, problem), [arm.places], arm.where)


def check_metric(grid: Grid, corpus: Corpus) -> None:
    """Refuses a metric that the corpus cannot give.

    Raises:
        ConfigError: with the line of the metric, or of the rule.
    """
    metric = grid.decide.metric
    allowed = None
    if metric == "val_bpb" and corpus.val_bytes is None:
        allowed = "bits per byte are known for text only"
    if metric == "excess" and not corpus.skills:
        allowed = "the excess is known only where true probabilities are, as in grammar"
    skill = metric.removeprefix("excess_")
    if metric.startswith("excess_") and skill not in corpus.skills:
        allowed = f"its skills are: {', '.join(corpus.skills) or 'none'}"
    if allowed:
        problem = f"the corpus {corpus.name} has no {metric}: {allowed}"
        raise ConfigError("decide.metric", problem, where=grid.source.where("decide.metric"))
