"""Costs of rented machines: per trial, per arm and per grid, the same in every format and from the tables alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tables.made_up import finish, grid, save
from tinker.doctor.store import examine_store
from tinker.report.analysis import Analysis
from tinker.report.api import Format, make_report, read_report, render
from tinker.review.find import find
from tinker.review.review import review
from tinker.store.rented import Pod, Rented, write_rented
from tinker.tables.money import share_out

ARMS = {"base": range(1, 4), "rotary": range(1, 4)}
MACHINE = {"pod": "f-1", "card": "RTX 4090", "cloud": "SECURE", "image": "an/image:1", "usd_per_hour": 0.6, "gpus": 1}
POD = Pod("f-1", "abc", "EU-RO-1", "an/image:1", 0.6, 100.0, 1.0, True)
FLEET = Rented("f", "RTX 4090", 1, "2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00+00:00", 2.0, True, (POD, POD))
LINE = "rented: $2.00 on 2 x 1 RTX 4090 (fleet f), of which $1.50 boot and idle; billed by RunPod"


def _rented(fleet: str, data_center: str) -> dict[str, object]:
    return {"rented": {**MACHINE, "fleet": fleet, "data_center": data_center}}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Five of six trials, of 10 seconds each, ran on the fleet, and one at home."""
    save(tmp_path, grid(ARMS, "base"))
    for arm in ARMS:
        for seed in range(1, 4):
            made = {} if (arm, seed) == ("base", 3) else _rented("f", "EU-RO-1" if seed < 3 else "US-KS-2")
            finish(tmp_path, arm, seed, made=made, val_loss=2.0 + seed / 1000, train_loss=1.9)
    write_rented(tmp_path, "made-up", FLEET)
    return tmp_path


def test_a_trial_costs_its_share_of_all_that_was_paid(results: Path) -> None:
    found = Analysis.of(results, "made-up")
    own = [row for row in found.trials if row["fleet"] == "f"]
    assert [row["usd"] for row in own] == pytest.approx([0.4] * 5)
    assert {(row["data_center"], row["image"], row["usd_per_hour"]) for row in own} == {
        ("EU-RO-1", "an/image:1", 0.6),
        ("US-KS-2", "an/image:1", 0.6),
    }
    [home] = [row for row in found.trials if row["fleet"] is None]
    assert (home["usd"], home["image"], home["usd_per_hour"]) == (None, None, None)
    arms = {row["arm"]: row["usd"] for row in found.comparisons if row["primary"]}
    assert arms == pytest.approx({"base": 0.8, "rotary": 1.2})


def test_a_trial_pays_for_its_seconds_on_all_its_cards() -> None:
    rows = [
        {"fleet": "f", "seconds": 30.0, "places": ["a"]},
        {"fleet": "f", "seconds": 10.0, "places": ["a", "b"]},
        {"fleet": "f", "seconds": None, "places": None},
        {"fleet": "gone", "seconds": 10.0, "places": ["a"], "usd": 7.0},
        {"fleet": None, "seconds": 10.0, "places": ["a"]},
    ]
    share_out(rows, [FLEET.as_dict()])
    assert [row.get("usd") for row in rows] == [1.2, 0.8, 0.0, 7.0, None]


def test_seeds_that_were_one_program_pay_for_their_card_once() -> None:
    alone = [{"fleet": "f", "seconds": 10.0, "places": ["a"]} for _ in range(3)]
    together = [{"fleet": "f", "seconds": 30.0, "places": ["a"], "fused": 3} for _ in range(3)]
    share_out([*alone, *together], [FLEET.as_dict()])
    assert {round(float(row["usd"]), 6) for row in [*alone, *together]} == {round(2.0 / 6, 6)}


@pytest.mark.parametrize("format", ["table", "md", "html", "json"])
def test_every_format_says_what_the_grid_cost(results: Path, format: Format) -> None:
    text = " ".join(render(make_report(results, "made-up"), format).replace("\\", "").split())
    assert LINE in text
    assert ("$1.20" in text) == (format != "json")


def test_programs_read_what_was_rented(results: Path) -> None:
    said = json.loads(render(make_report(results, "made-up"), "json"))
    assert said["rented"] == json.loads(json.dumps([FLEET.as_dict()]))


def test_the_tables_alone_say_the_same(results: Path) -> None:
    made = make_report(results, "made-up").report
    read = read_report(results / "made-up").report
    assert read.notes == made.notes
    assert [row["usd"] for row in read.comparisons] == [row["usd"] for row in made.comparisons]


def test_money_for_nothing_is_said_all_the_same(tmp_path: Path) -> None:
    save(tmp_path, grid(ARMS, "base"))
    write_rented(tmp_path, "made-up", replace(FLEET, billed=False, until=None))
    made = make_report(tmp_path, "made-up").report
    said = "rented: $2.00 on 2 x 1 RTX 4090 (fleet f), of which $2.00 boot and idle; estimated, not billed yet"
    assert f"{said}; still rented" in made.notes
    assert {row["usd"] for row in made.comparisons} == {None}


def test_of_several_fleets_the_sum_is_said_too(results: Path) -> None:
    write_rented(results, "made-up", replace(FLEET, fleet="h", usd=0.5))
    assert "rented in all: $2.50" in make_report(results, "made-up").report.notes


def test_a_check_and_the_doctor_find_no_fault_with_the_bill(results: Path) -> None:
    make_report(results, "made-up")
    for where in ("made-up", str(results / "made-up")):
        made = review(find(where, [], results))
        assert not [f for f in made.findings if f.gate in ("grid.json", "tables agree") and f.state == "FAILED"]
    assert examine_store(results) == []


def test_runs_of_two_cards_are_never_averaged_in_silence(results: Path) -> None:
    save(results, grid({arm: [*seeds, 4] for arm, seeds in ARMS.items()}, "base"))
    for arm in ARMS:
        card = {"device": {"name": "NVIDIA L4"}}
        finish(results, arm, 4, environment_class="cuda-l4", made=card, val_loss=2.004, train_loss=1.9)
    report = make_report(results, "made-up").report
    said = "runs of 2 kinds of device: A CPU (6 trials), NVIDIA L4 (2 trials)"
    assert any(note.startswith(said) for note in report.notes)
    [finding] = report.sections[0].findings
    assert finding.verdict == "invalid"
    assert "unlike machines" in finding.reason
