"""Which switches make the steps of a grid faster is said, and nothing where there are none."""

from __future__ import annotations

import pytest

from tests.train.tiny import spec_of
from tinker.grid.switches import switched_on, switches_in_words


@pytest.mark.parametrize(
    ("overrides", "on"),
    [
        ([], []),
        (["train.compile=true"], ["train.compile=true"]),
        (
            ["train.fused_optimizer=true", "train.compile=true"],
            ["train.compile=true", "train.fused_optimizer=true"],
        ),
        (["train.matmul=torch"], []),
        (["train.matmul=onednn"], ["train.matmul=onednn"]),
    ],
)
def test_the_switches_that_are_on_are_named(overrides: list[str], on: list[str]) -> None:
    found = switched_on(spec_of(*overrides).config)
    assert found == on
    assert len(switches_in_words(found)) == bool(on)
    assert all(switch in line for line in switches_in_words(found) for switch in on)
