"""The configs that tinker ships, composed without a folder of the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig

Shipped = Callable[..., TrialConfig]


@pytest.fixture
def composed() -> Callable[..., dict[str, Any]]:
    """Overrides -> plain data that a TrialConfig can be made of."""
    return lambda *overrides: resolve_accelerator(compose(list(overrides), config_dirs=[]))


@pytest.fixture
def shipped(composed: Callable[..., dict[str, Any]]) -> Shipped:
    """Overrides -> TrialConfig."""
    return lambda *overrides: TrialConfig.from_dict(composed(*overrides))
