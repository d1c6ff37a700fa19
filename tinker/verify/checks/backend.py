"""The arm's backend computes what the eager reference does, where it runs."""

from __future__ import annotations

from dataclasses import replace

import torch

from model.backend import Demanding
from model.slots import BACKEND
from tinker.verify.finding import Finding, failed, ok, skipped
from tinker.verify.subject import Subject, stirred

#: Of logits with stirred weights, relative to the largest, by the precision in which the backend computes.
TOLERANCE = {"fp32": 1e-4, "bf16": 5e-2}


@torch.no_grad()
def backend(subject: Subject) -> Finding:
    """Logits beside those of eager in the same precision, on the CPU, or on a CUDA device where only that will do.

    Where it runs on neither, all other checks are made with eager and this one says so.
    """
    own, eager = subject.config.model.backend, BACKEND.get("eager").config()
    name = BACKEND.of(own).name
    if own == eager:
        return skipped("eager is the reference")
    device, precision = "cpu", "fp32"
    if isinstance(own, Demanding) and subject.refused:
        if not torch.cuda.is_available() or own.missing():
            return skipped(f"{name} does not run here ({own.missing() or subject.refused}); the checks used eager")
        device, precision = "cuda", "bf16" if own.refuses("cuda", "fp32", False) else "fp32"
    text = subject.tokens(2, subject.gpt.context).to(device)
    found = []
    for choice in (own, eager):
        model = stirred(subject.model(gpt=replace(subject.gpt, backend=choice))).to(device).eval()
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
            found.append(model(text).float())
    difference, largest = float((found[0] - found[1]).abs().max()), float(found[1].abs().max())
    seen = (
        f"{name} and eager on {device} in {precision}: logits differ by {difference:.2g}, the largest is {largest:.2g}"
    )
    return ok(seen) if difference <= TOLERANCE[precision] * largest else failed(seen)
