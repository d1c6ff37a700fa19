"""The trial that every arm of a grid starts from, when the grid declares one with `pretrain:`.

It is a trial like any other, known by its id before it has run; so the arms, whose descriptions name it, are known too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinker.config.merge import apply, leaves
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.errors import ConfigError, UserError
from tinker.grid.blame import blame
from tinker.grid.fairness import NO_CHOICE, TUNINGS
from tinker.grid.product import nested, places
from tinker.grid.schema import Grid
from tinker.grid.switches import onednn_applies
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import Layout
from tinker.train.start import KEY, check_same_model, resolve_start, start_node

#: How a slot that is left empty may be written.
NONE = ("none", {"type": "none"})


def pretrain_spec(grid: Grid, base: Mapping[str, Any], results: Path) -> TrialSpec | None:
    """The trial that `pretrain:` declares: what all arms share, with its own diff and seed; None where there is none.

    Its last checkpoint is kept, whatever the grid says of those of the arms.

    Raises:
        ConfigError: with file and line: a diff that is not allowed, or arms that start from something else already.
    """
    if grid.pretrain is None:
        return None
    where = grid.source.where("pretrain")
    if base[KEY] not in NONE:
        problem = "the arms start from init_from already; keep one of the two"
        raise ConfigError("pretrain", problem, where=where)
    keep = "all" if base["checkpoint"]["keep"] == "all" else "last"
    for key in sorted(TUNINGS & leaves(nested(grid.pretrain.diff, where)).keys()):
        raise blame(ConfigError(key, NO_CHOICE), [places(grid, "pretrain", "diff")], where)
    alone = apply(base, {"finetune": "none", "checkpoint.keep": keep})
    try:
        asked = apply(alone, nested(grid.pretrain.diff, where))
        if "train.matmul" in grid.switched and not onednn_applies(asked["train"]):
            asked = apply(asked, {"train.matmul": "torch"})  # decided for the arms; this cannot have it
        asked = resolve_start(asked, results)
        if asked[KEY] in NONE and asked["finetune"] not in NONE:
            raise ConfigError(
                "finetune",
                "a pretraining starts from scratch, where there is nothing to adapt; put finetune into the base of the "
                "grid or into an arm, or give pretrain.diff an init_from of its own",
            )
        config = TrialConfig.from_dict(asked)
        corpus = corpus_of(config)
    except UserError as error:
        placed = error if isinstance(error, ConfigError) else ConfigError("data", str(error))
        raise blame(placed, [places(grid, "pretrain", "diff")], where) from None
    return TrialSpec.of(config.as_dict(), Seeds(grid.pretrain.seed, grid.pretrain.seed), corpus.fingerprint)


@dataclass(frozen=True)
class Start:
    """What arms start from: weights that the results have, and the trial that the grid declares if it does."""

    results: Path
    pretrained: TrialSpec | None

    def shared_by_arms(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The config of all arms, with `init_from` naming the declared trial, and where this machine will have it."""
        if self.pretrained is None:
            return dict(config)
        from tinker.provenance.environment import environment_class
        from tinker.train.environment import trial_environment

        here = environment_class(trial_environment(self.pretrained))
        return {**config, KEY: start_node(self.pretrained, Layout(self.results).trial(self.pretrained.id, here))}

    def of_arm(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """An arm's config, with its `init_from` spelled out.

        Raises:
            UserError: what the arm starts from does not exist, or is another model.
        """
        node = config.get(KEY)
        if self.pretrained is not None and isinstance(node, Mapping) and node.get("id") == self.pretrained.id:
            check_same_model({**config, KEY: "none"}, self.pretrained)
        return resolve_start(config, self.results)
