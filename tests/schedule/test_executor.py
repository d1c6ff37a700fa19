"""What the driver is told of a Ray that does not come up."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tinker.errors import UserError
from tinker.schedule.cluster import Capacity
from tinker.schedule.events import Lost
from tinker.schedule.executor import Executor

SAID = ("broken", "a private Ray did not answer: time is up")


def test_a_ray_that_never_came_up_is_an_error() -> None:
    with pytest.raises(UserError, match=r"a private Ray did not answer: time is up"):
        Executor()._event(*SAID)


def test_a_ray_that_came_up_before_and_now_does_not_is_a_loss_and_tried_again() -> None:
    executor = Executor()
    executor._event("up", asdict(Capacity(1.0, 0.0)))
    assert executor._event(*SAID) == Lost(SAID[1])
