"""Cards are told apart by their names, and a step is never faster than its launches."""

from __future__ import annotations

import pytest

from tinker.cloud.throughput import PUBLISHED, SHARE, same, step_seconds, tflops


@pytest.mark.parametrize(
    ("name", "precision", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "bf16", 989.0),
        ("NVIDIA H100 PCIe", "bf16", 756.0),
        ("NVIDIA L40S", "bf16", 362.0),
        ("NVIDIA L40", "bf16", 181.0),
        ("NVIDIA L4", "bf16", 121.0),
        ("NVIDIA A40", "fp32", 37.4),
        ("NVIDIA A100-SXM4-80GB", "tf32", 156.0),
        ("NVIDIA RTX A4000", "fp16", 76.7),
        ("NVIDIA RTX 6000 Ada Generation", "bf16", 364.0),
        ("NVIDIA GeForce RTX 4090", "bf16", 165.0),
        ("NVIDIA Odd 9000", "bf16", None),
    ],
)
def test_a_card_is_found_by_its_id(name: str, precision: str, expected: float | None) -> None:
    assert tflops(name, precision) == expected


def test_no_pattern_hides_behind_an_earlier_one() -> None:
    for pattern, bf16, _ in PUBLISHED:
        assert tflops(f"NVIDIA {pattern}", "bf16") == bf16


def test_small_steps_wait_for_launches_and_large_ones_for_each_other() -> None:
    assert step_seconds(1.0, 1, 2, 100.0, 4.0) == pytest.approx(0.004)
    assert step_seconds(1.0, 3, 2, 100.0, 4.0) == pytest.approx(0.010)
    assert step_seconds(SHARE * 100e12, 1, 2, 100.0, 4.0) == pytest.approx(4.0)


def test_a_driver_and_the_catalog_may_call_one_card_differently() -> None:
    assert same("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090", "RTX 4090")
    assert same("RTX 4090", "NVIDIA GeForce RTX 4090", "anything")
    assert not same("NVIDIA L40S", "NVIDIA L40", "L40")
