"""Slots and their variants: named by their files, imported when asked for, refused when they are not one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, is_dataclass

import pytest

from model.registry import SLOTS, Slot, UnknownVariant
from model.slots import ATTENTION, FIELDS, NORM


@pytest.fixture
def slot() -> Slot:
    """A slot of its own for a test, which leaves the registry as it was."""
    made = Slot("shape", "model.norm")
    del SLOTS["shape"]
    return made


def test_every_file_of_a_slot_is_a_variant_of_that_name_with_a_config_of_defaults() -> None:
    for field, slot in FIELDS.items():
        assert slot.builtin_names(), field
        for name in slot.builtin_names():
            variant = slot.get(name)
            assert (variant.slot, variant.name) == (slot.name, name)
            assert is_dataclass(variant.config) and variant.config.__dataclass_params__.frozen  # type: ignore[attr-defined]
            assert slot.of(variant.config()) is variant
            assert variant.cls.__doc__ and variant.config.__doc__


def test_an_unknown_type_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownVariant, match="no norm of type 'rms'; there are: dyt, layer_norm, none, rms_norm"):
        NORM.get("rms")


def test_a_config_of_another_slot_is_refused() -> None:
    with pytest.raises(UnknownVariant, match="is the Config of no registered norm"):
        NORM.of(ATTENTION.get("full").config())


def test_a_users_variant_is_registered_by_name_and_built_with_what_the_slot_gives(slot: Slot) -> None:
    @slot.variant(name="mine")
    class Mine:
        @dataclass(frozen=True)
        class Config:
            gain: float = 2.0

        def __init__(self, config: Config, width: int) -> None:
            self.size = config.gain * width

    assert "mine" in slot.names()
    assert slot.build(Mine.Config(gain=3.0), 4).size == 12.0


def test_a_second_variant_of_a_name_is_refused(slot: Slot) -> None:
    def declare(title: str) -> type:
        cls = type(title, (), {"Config": dataclass(frozen=True)(type("Config", (), {}))})
        return slot.variant(name="mine")(cls)

    declare("First")
    with pytest.raises(ValueError, match="shape: the type 'mine' exists already"):
        declare("Second")


def test_a_variant_without_a_config_of_its_own_is_refused(slot: Slot) -> None:
    class Parent:
        @dataclass(frozen=True)
        class Config:
            pass

    with pytest.raises(TypeError, match=r"Child: a variant of 'shape' needs a frozen dataclass `Config` of its own"):

        @slot.variant(name="child")
        class Child(Parent):
            pass


def test_slots_and_their_interfaces_load_neither_torch_nor_a_variant() -> None:
    packages = [slot.package for slot in FIELDS.values()]
    script = f"import importlib, sys, model.slots, model.config\nfor p in {packages}: importlib.import_module(p)\n"
    script += "print([m for m in sys.modules if m == 'torch' or m.count('.') > 1 and m.startswith('model.')])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
