"""The account of a fleet is what its lines say, whatever moment its launcher died at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tinker.cloud.ledger import Ledger
from tinker.errors import UserError

HOUR = 3600.0


def _intent(ledger: Ledger, name: str, since: float = 1000.0, deadline: float = 1000.0 + HOUR) -> None:
    ledger.write("intent", name=name, card="L4", usd_per_hour=0.5, since=since, deadline=deadline)


def _created(ledger: Ledger, name: str, since: float = 1010.0, usd_per_hour: float = 0.36) -> None:
    facts = {"pod_id": f"id-{name}", "usd_per_hour": usd_per_hour, "data_center": "EU-1", "image": "i"}
    ledger.write("created", name=name, since=since, **facts)


def test_an_intent_counts_at_its_price_until_it_is_resolved(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _intent(ledger, "a")
    assert ledger.account.usd(1000.0 + HOUR) == pytest.approx(0.5)
    ledger.write("refused", name="a", why="no capacity")
    assert ledger.account.usd(1000.0 + HOUR) == 0.0
    assert ledger.account.open == []


def test_a_pod_costs_from_its_creation_to_its_end_to_the_second(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    _intent(ledger, "a")
    _created(ledger, "a")
    assert ledger.account.usd(1110.0) == pytest.approx(0.36 * 100 / HOUR)
    assert ledger.account.at_most(1110.0) == pytest.approx(0.36 * (HOUR - 10) / HOUR)
    ledger.write("deleted", name="a", until=1210.0)
    assert ledger.account.usd(9999.0) == pytest.approx(0.36 * 200 / HOUR) == ledger.account.at_most(9999.0)
    ledger.write("billed", name="a", usd=0.03)
    assert ledger.account.usd(9999.0) == 0.03


def test_another_process_reads_the_same_account(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.write("fleet", name="tinker-00000001", grid="g")
    _intent(ledger, "a")
    _created(ledger, "a")
    ledger.write("submitted", number=1)
    ledger.write("detached")
    assert Ledger(path).account == ledger.account
    assert Ledger(path).account.detached
    ledger.write("attached")
    assert not Ledger(path).account.detached


def test_a_line_that_its_writer_died_in_is_left_out_and_hides_no_later_one(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    _intent(Ledger(path), "a")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"kind":"crea')
    again = Ledger(path)
    assert [pod.name for pod in again.account.open] == ["a"]
    _intent(again, "b")
    assert [pod.name for pod in Ledger(path).account.open] == ["a", "b"]


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"kind":"intent","name":"a"}\n')
    with pytest.raises(UserError, match=r"ledger\.jsonl:1: not a line of a ledger"):
        Ledger(path)


def test_the_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    _intent(Ledger(path), "a")
    assert path.stat().st_mode & 0o077 == 0


def test_a_line_that_was_written_in_part_is_not_taken_for_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    ledger = Ledger(tmp_path / "ledger.jsonl")
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
    with pytest.raises(UserError, match="No space left"):
        ledger.write("ended", code=0)
    assert ledger.account.ended is None
    monkeypatch.undo()
    ledger.write("ended", code=3)
    assert Ledger(ledger.path).account.ended == 3
