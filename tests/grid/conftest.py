"""Grids from text, and their plans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tinker.grid.expand import Plan, expand
from tinker.grid.load import load_grid
from tinker.grid.schema import Grid

HEAD = """\
name: g
question: What?
control: base
scale: smoke
decide: { metric: val_loss, min_effect: 0.01 }
"""

Load = Callable[..., Grid]
Expand = Callable[..., Plan]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The rest of a grid's text, and overrides -> Grid."""

    def loaded(text: str, *overrides: str) -> Grid:
        path = tmp_path / "g.yaml"
        path.write_text(HEAD + text)
        return load_grid(path, overrides, config_dirs=[])

    return loaded


@pytest.fixture
def expanded(load: Load) -> Expand:
    """The rest of a grid's text, and overrides -> Plan."""
    return lambda text, *overrides: expand(load(text, *overrides), config_dirs=[])
