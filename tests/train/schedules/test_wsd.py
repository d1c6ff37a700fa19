"""Warmup-stable-decay at its landmarks."""

from __future__ import annotations

import pytest

from tests.train.tiny import spec_of
from tinker.errors import ConfigError
from tinker.train.schedules.linear import Linear
from tinker.train.schedules.wsd import WSD


@pytest.mark.parametrize(("shape", "halfway"), [("linear", 0.55), ("1-sqrt", 0.1 + 0.9 * (1 - 0.5**0.5))])
def test_the_rate_stays_at_its_peak_until_the_last_fifth(shape: str, halfway: float) -> None:
    rate = WSD(WSD.Config(warmup_steps=10, decay_fraction=0.2, decay_shape=shape, min_lr=0.1), 1.0, 100)
    assert rate(0) == pytest.approx(1 / 11)
    assert {rate(step) for step in range(10, 81)} == {1.0}
    assert rate(81) < 1.0
    assert rate(90) == pytest.approx(halfway)
    assert rate(100) == rate(1000) == pytest.approx(0.1)
    falling = [rate(step) for step in range(80, 101)]
    assert falling == sorted(falling, reverse=True)


def test_a_decay_over_all_steps_begins_when_the_warm_up_ends() -> None:
    whole = WSD(WSD.Config(warmup_steps=10, decay_fraction=1.0, decay_shape="linear", min_lr=0.1), 1.0, 50)
    line = Linear(Linear.Config(warmup_steps=10, min_lr=0.1), 1.0, 50)
    assert [whole(step) for step in range(60)] == [line(step) for step in range(60)]


@pytest.mark.parametrize("value", ["0", "1.5"])
def test_a_fraction_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match=r"schedule\.decay_fraction: .*above 0 and at most 1"):
        spec_of("schedule=wsd", f"schedule.decay_fraction={value}")
