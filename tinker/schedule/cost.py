"""What a trial costs by its config alone: steps, tokens and FLOPs."""

from __future__ import annotations

from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.schedule.sizes import remembered_size
from tinker.spec import TrialSpec


def steps_of(spec: TrialSpec) -> int:
    """The step that it ends at."""
    return TrialConfig.from_dict(spec.config).train.end


def flops_per_step(spec: TrialSpec) -> float:
    """Executed matrix FLOPs of one training step, as the tables count them; evaluations are not in it."""
    config = TrialConfig.from_dict(spec.config)
    size = remembered_size(config, corpus_of(config).vocab_size)
    return size.flops_per_token * config.train.batch_size * config.model.context


def flops_of(spec: TrialSpec) -> float:
    """Of the whole trial."""
    return steps_of(spec) * flops_per_step(spec)
