"""How fast a card is, by what its maker publishes, and what that makes of one step of training.

A guess to order offers by, and no more: right within a factor of three. What was measured always comes first.
"""

from __future__ import annotations

import re

#: Published dense throughput of one card in TFLOPS, from NVIDIA's data sheets: bf16 with tensor cores (no sparsity,
#: accumulated in fp32), and plain fp32. The first pattern that a card's name has counts.
PUBLISHED: tuple[tuple[str, float, float], ...] = (
    (r"B200", 2250.0, 75.0),
    (r"H200", 989.0, 67.0),
    (r"H100 NVL", 835.0, 60.0),
    (r"H100 PCIe", 756.0, 51.0),
    (r"H100", 989.0, 67.0),
    (r"A100", 312.0, 19.5),
    (r"A40", 150.0, 37.4),
    (r"A30", 165.0, 10.3),
    (r"L40S", 362.0, 91.6),
    (r"L40", 181.0, 90.5),
    (r"L4", 121.0, 30.3),
    (r"RTX 5090", 210.0, 105.0),
    (r"RTX 4090", 165.0, 82.6),
    (r"RTX 3090", 71.0, 35.6),
    (r"RTX 6000 Ada", 364.0, 91.1),
    (r"RTX A6000", 155.0, 38.7),
    (r"RTX A5000", 111.0, 27.8),
    (r"RTX A4000", 76.7, 19.2),
)
#: Of what is published, what training is assumed to come to.
SHARE = 0.2
#: Seconds of a step that no card is below: what each layer's kernels cost to launch, and the rest of the step.
PER_LAYER, PER_STEP = 0.0015, 0.001


def tflops(name: str, precision: str) -> float | None:
    """Published throughput of the card of that name or id; None of one that is not in the table."""
    for pattern, bf16, fp32 in PUBLISHED:
        if re.search(rf"\b{pattern}\b", name, re.IGNORECASE):
            return {"fp32": fp32, "tf32": bf16 / 2}.get(precision, bf16)
    return None


def step_seconds(flops: float, parts: int, n_layer: int, published: float, together: float) -> float:
    """Of one step of one trial, while so many trials share the card.

    Args:
        flops: of the step on one card.
        parts: micro-batches that it is cut into.
        published: TFLOPS of the card.
    """
    launching = PER_STEP + parts * n_layer * PER_LAYER
    return max(launching, together * flops / (SHARE * published * 1e12))


def same(device: str, card_id: str, card_name: str) -> bool:
    """Whether what a driver calls `device` is that card of the catalog."""
    return _plain(device) in (_plain(card_id), _plain(card_name))


def _plain(name: str) -> str:
    return re.sub(r"\b(nvidia|geforce)\b|\s+", "", name.lower())
