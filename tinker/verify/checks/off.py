"""A variant that is switched off by its values computes what is there without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from model.config import GPTConfig
from model.slots import FIELDS
from tinker.verify.finding import Finding, failed, names, ok, skipped
from tinker.verify.subject import Subject, double, stirred

#: Of logits in double, relative to the largest. What is off only in the limit (a cap far above all scores) is within.
TOLERANCE = 1e-6


@torch.no_grad()
def off(subject: Subject) -> Finding:
    """For each chosen variant whose Config has `off(model) -> (Config, Config)`: both choices give equal logits.

    Parameters that both models have are stirred alike; those of one alone keep their initial values, which must be
    neutral. For example a window as long as the context, and full attention.
    """
    pairs = list(_pairs(subject.gpt))
    wrong = []
    with double():
        for key, ours, plain in pairs:
            models = [subject.model(gpt=gpt) for gpt in (ours, plain)]
            shapes = [{path: p.shape for path, p in model.named_parameters()} for model in models]
            shared = frozenset(path for path, shape in shapes[0].items() if shapes[1].get(path) == shape)
            text = subject.tokens(2, subject.gpt.context)
            one, other = (stirred(model, shared).eval()(text) for model in models)
            difference, largest = float((one - other).abs().max()), float(other.abs().max())
            if not difference <= TOLERANCE * largest:
                wrong.append(f"{key} (logits differ by {difference:.2g}, the largest is {largest:.2g})")
    if wrong:
        return failed(f"switched off, and not equal to what is there without it: {names(wrong)}")
    if not pairs:
        return skipped("no variant of this arm declares what switches it off")
    return ok(f"equal when switched off: {names(key for key, _, _ in pairs)}")


def _pairs(gpt: GPTConfig) -> Iterator[tuple[str, GPTConfig, GPTConfig]]:
    """For each choice that can be switched off: its key, the model with it off, and the model without it."""
    for name, slot in FIELDS.items():
        value: Any = getattr(gpt, name)
        for config in {id(one): one for one in (value if slot.per_layer else (value,))}.values():
            declare = getattr(config, "off", None)
            if declare is None:
                continue
            switched, without = declare(gpt)
            key = f"model.{name} ({slot.of(config).name})"
            if slot.per_layer:
                both: Any = [tuple(new if one is config else one for one in value) for new in (switched, without)]
            else:
                both = [switched, without]
            changes: list[dict[str, Any]] = [{name: choice} for choice in both]
            ours, plain = (replace(gpt, **change) for change in changes)
            yield key, ours, plain
