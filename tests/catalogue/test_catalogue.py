"""The list of variants is the registries', whole and readable."""

from __future__ import annotations

import pytest

from model.slots import FIELDS
from tinker.catalogue.page import page
from tinker.catalogue.variants import catalogue, slots
from tinker.errors import UserError


def test_every_file_of_every_slot_is_listed_once_with_what_it_is() -> None:
    entries = catalogue()
    expected = [(name, kind) for name, (slot, _) in slots().items() for kind in slot.builtin_names()]
    listed = [(entry.slot, entry.type) for entry in entries]
    plugins = {(name, kind) for name, (slot, _) in slots().items() for kind in slot.names()} - set(expected)
    assert [each for each in listed if each not in plugins] == expected  # other tests here may have loaded plugins
    assert all(entry.summary for entry in entries)


def test_every_slot_of_a_model_is_named_by_its_keys() -> None:
    named = {place for _, places in slots().values() for place in places}
    chosen = {"model.position.scaling", "optimizer", "schedule", "init_from", "finetune", "data"}
    assert {f"model.{field}" for field in FIELDS} | chosen == named


def test_a_variant_shows_its_keys_its_defaults_and_its_paper() -> None:
    text = "\n".join(page(catalogue("attention"), 100))
    assert "window  size: 16, kv_heads: null" in text
    assert "https://arxiv.org/abs/2004.05150" in text
    assert all(len(line) <= 100 or "https://" in line for line in text.splitlines())


def test_an_unknown_slot_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match=r"unknown slot 'attentoin'.*attention"):
        catalogue("attentoin")
