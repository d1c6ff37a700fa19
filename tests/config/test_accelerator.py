import pytest
import torch

from tinker.config.accelerator import on_cards, resolve_accelerator
from tinker.provenance.rented import VARIABLE


def resolved(given: str = "auto") -> str:
    accelerator: str = resolve_accelerator({"train": {"accelerator": given}})["train"]["accelerator"]
    return accelerator


def test_auto_is_what_torch_has_here() -> None:
    assert resolved() == ("cuda" if torch.cuda.is_available() else "cpu")


def test_for_rented_machines_it_is_their_cards_and_only_while_one_plans_for_them() -> None:
    before = resolved()
    with on_cards():
        assert resolved() == "cuda"
    assert resolved() == before


def test_on_a_rented_machine_it_is_its_card_even_where_torch_finds_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/rented.json")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolved() == "cuda"


def test_what_is_said_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/rented.json")
    with on_cards():
        assert (resolved("cpu"), resolved("mps")) == ("cpu", "mps")
