"""Noting what is read of a Config leaves no trace behind, and takes no description for use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from model.registry import Slot
from tinker.verify.reads import reads


@dataclass(frozen=True)
class Inner:
    depth: int = 1


@dataclass(frozen=True)
class Config:
    width: int = 4
    unread: int = 0
    inner: Inner = field(default_factory=Inner)

    def parameters(self) -> int:
        return self.width + self.unread


def test_only_what_is_read_is_noted_within_too() -> None:
    config, other = Config(), Config()
    with reads([config]) as seen:
        assert config.width + config.inner.depth == 5
        assert other.unread == 0
        config.parameters()
    assert seen.fields == {(id(config), "width"), (id(config), "inner"), (id(config.inner), "depth")}


def test_classes_are_as_before_also_after_an_error() -> None:
    def own() -> list[Any]:
        return [dict(vars(cls)) for cls in (Slot, Config, Inner)]

    before = own()
    with pytest.raises(ZeroDivisionError), reads([Config()]):
        raise ZeroDivisionError
    assert own() == before
    assert Config().parameters() == 4
