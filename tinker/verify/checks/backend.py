"""The arm's backend computes what the eager reference does, where it runs."""

from __future__ import annotations

from dataclasses import replace

import torch

from model.backend import Demanding
from model.slots import BACKEND
from tinker.verify.finding import Finding, failed, ok, skipped
from tinker.verify.subject import Subject, stirred

#: Of logits with stirred weights, relative to the largest, by the precision in which the backend computes.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2, "fp16": 1e-2}
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


@torch.no_grad()
def backend(subject: Subject) -> Finding:
    """Logits beside those of eager in the same precision, on the first device on which the backend can train.

    Where there is none, all other checks are made with eager and this one says so.
    """
    own, eager = subject.config.model.backend, BACKEND.get("eager").config()
    name = BACKEND.of(own).name
    if own == eager:
        return skipped("eager is the reference")
    place = _place(own)
    if place is None:
        why = (isinstance(own, Demanding) and own.missing()) or subject.refused
        return skipped(f"{name} does not run on this machine ({why}), so nothing is known of it")
    device, precision = place
    text = subject.tokens(2, subject.gpt.context).to(device)
    found = []
    for choice in (own, eager):
        model = stirred(subject.model(gpt=replace(subject.gpt, backend=choice))).to(device).eval()
        with torch.autocast(device, HALF.get(precision, torch.bfloat16), enabled=precision in HALF):
            found.append(model(text).float())
    difference, largest = float((found[0] - found[1]).abs().max()), float(found[1].abs().max())
    seen = (
        f"{name} and eager on {device} in {precision}: logits differ by {difference:.2g}, the largest is {largest:.2g}"
    )
    return ok(seen) if difference <= TOLERANCE[precision] * largest else failed(seen)


def _place(own: object) -> tuple[str, str] | None:
    """The device of this machine, and the precision, in which the backend trains."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    places = [(device, precision) for device in there if there[device] for precision in TOLERANCE]
    if not isinstance(own, Demanding):
        return places[0]
    return next((place for place in places if not own.missing() and not own.refuses(*place, True)), None)
