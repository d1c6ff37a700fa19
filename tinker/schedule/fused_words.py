"""What people are told of seeds that are trained as one program."""

from __future__ import annotations

from typing import Any

from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.grid.expand import Plan
from tinker.train.fused.fusible import refusal_of_model


def foreseen_fusing(plan: Plan) -> dict[str, Any] | None:
    """How many seeds go together, and why those of some arms cannot; None where none are to."""
    if plan.grid.together == 1:
        return None
    alone = {}
    for arm in plan.arms:
        config = TrialConfig.from_dict(arm.config)
        why = refusal_of_model(config, corpus_of(config).vocab_size)
        if why is not None:
            alone[arm.name] = why
    return {"seeds": plan.grid.together, "alone": alone}


def fusing_in_words(fusing: dict[str, Any] | None) -> list[str]:
    """Sentences about what `foreseen_fusing` found."""
    if fusing is None:
        return []
    said = (
        f"up to {fusing['seeds']} seeds of an arm are trained as one program (resources.fused): equal but for rounding"
    )
    lines = [said, *(f"arm {arm}: its seeds are trained alone: {why}" for arm, why in fusing["alone"].items())]
    if fusing["alone"]:
        lines.append("note: so arms are not all trained the same way; resources.fused=1 would do it")
    return lines
