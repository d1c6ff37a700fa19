"""Offers are in the order in which they should be tried, and say what the grid would take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.stub import H100, L4, ODD, RTX, Catalog
from tinker.cloud.lender import Placement
from tinker.cloud.offer_table import WIDTH
from tinker.cloud.offers import Offer, offers, placements, table
from tinker.cloud.workload import BOOT
from tinker.grid.expand import Plan, expand
from tinker.grid.fleet import Fleet
from tinker.grid.load import load_grid
from tinker.store.store import Store

#: Two layers launch for 4 ms a step, which is an hour a trial, on any card that is known.
GRID = """
name: g
question: Does it?
control: base
seeds: 4
scale: smoke
data: grammar
base: {train.steps: 900000, train.accelerator: cuda}
decide: {metric: val_loss, min_effect: 0.01}
arms: {linear: {model.attention: linear}}
"""
WIDE = Fleet(max_hours=1000, max_usd=1000, max_usd_per_hour=1000)

Planned = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    def plan(*overrides: str, text: str = GRID) -> Plan:
        path = tmp_path / "g.yaml"
        path.write_text(text)
        return expand(load_grid(path, overrides), results=tmp_path / "results")

    return plan


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


def _ran(plan: Plan, results: Path, device: str, seconds: float, *arms: str, kind: str = "cuda") -> None:
    """The first seed of these arms has run on that device."""
    environment = {"device": {"type": kind, "name": device}}
    for cell in plan.blocks[0]:
        if cell.arm in arms:
            result = {"status": "done", "steps": 450000, "metrics": {"seconds": seconds}}
            code = {"fingerprint": "c", "modules": {}}
            assert Store(results).commit(cell.spec, f"{kind}-class", result, [], environment, code)


def _by_card(found: list[Offer]) -> dict[str, Offer]:
    return {offer.name: offer for offer in found}


def test_without_preferences_the_cheapest_grid_comes_first(planned: Planned, results: Path) -> None:
    found = offers(Catalog().api, WIDE, planned(), results)
    assert [offer.name for offer in found] == ["L4", "RTX 4090", "H100 SXM"]
    first = found[0]
    assert first.hours == pytest.approx(8 + BOOT)
    assert first.usd == pytest.approx((8 + BOOT) * 0.4)
    assert first.basis == "guessed"


def test_pods_and_cards_share_the_trials_and_all_pods_are_paid_for(planned: Planned, results: Path) -> None:
    fleet = replace(WIDE, pods=2, gpus_per_pod=2)
    first = offers(Catalog().api, fleet, planned(), results)[0]
    assert first.usd_per_hour == pytest.approx(0.8)
    assert first.hours == pytest.approx(2 + BOOT)
    assert first.usd == pytest.approx(2 * 0.8 * (2 + BOOT))


def test_several_trials_share_a_card_as_the_resources_say(planned: Planned, results: Path) -> None:
    found = offers(Catalog().api, WIDE, planned("resources.gpus=0.25"), results)
    assert found[0].hours == pytest.approx(2 + BOOT)  # what waits for launches does not slow the others down
    limited = offers(Catalog().api, WIDE, planned("resources.gpus=0.25", "resources.concurrent=2"), results)
    assert limited[0].hours == pytest.approx(4 + BOOT)


def test_what_ran_on_a_card_is_better_than_a_guess_and_is_done(planned: Planned, results: Path) -> None:
    plan = planned()
    _ran(plan, results, "NVIDIA H100 80GB HBM3", 180.0, "base", "linear")  # half a trial, so 360 s for a whole one
    found = _by_card(offers(Catalog().api, WIDE, plan, results))
    assert found["H100 SXM"].hours == pytest.approx(6 * 0.1 + BOOT)
    assert found["H100 SXM"].basis == "measured"
    assert found["L4"].hours == pytest.approx(8 + BOOT)  # another card is another experiment


def test_an_arm_that_was_not_timed_goes_by_its_flops_beside_those_that_were(planned: Planned, results: Path) -> None:
    plan = planned()
    _ran(plan, results, "NVIDIA H100 80GB HBM3", 180.0, "base")
    hours = _by_card(offers(Catalog().api, WIDE, plan, results))["H100 SXM"].hours
    assert hours is not None
    assert 0.5 < hours - BOOT < 1.0  # seven trials of 0.1 h, more or less


def test_runs_on_a_cpu_tell_nothing_of_a_card(planned: Planned, results: Path) -> None:
    plan = planned()
    _ran(plan, results, "NVIDIA L4", 1.0, "base", "linear", kind="cpu")
    assert offers(Catalog().api, WIDE, plan, results)[0].basis == "guessed"


def test_an_offer_within_the_limits_comes_before_a_cheaper_one_that_is_not(planned: Planned, results: Path) -> None:
    plan = planned()
    _ran(plan, results, "NVIDIA H100 80GB HBM3", 1800.0, "base", "linear")  # an hour a trial, and two are done
    catalog = Catalog([H100, L4])
    found = offers(catalog.api, replace(WIDE, max_hours=7), plan, results)
    assert [(offer.name, offer.misses) for offer in found] == [("H100 SXM", None), ("L4", "max_hours")]
    found = offers(catalog.api, replace(WIDE, max_usd=3), plan, results)
    assert {offer.misses for offer in found} == {"max_usd"}
    assert all(offer.usable for offer in found)  # the caps hold in any case


def test_a_card_that_nobody_knows_has_no_estimate_and_comes_after_those_that_meet_the_limits(
    planned: Planned, results: Path
) -> None:
    found = offers(Catalog([ODD, H100]).api, WIDE, planned(), results)
    assert [offer.name for offer in found] == ["H100 SXM", "Odd 9000"]
    assert (found[1].hours, found[1].usd, found[1].basis) == (None, None, "unknown")


def test_where_nothing_has_an_estimate_the_price_decides(planned: Planned, results: Path) -> None:
    found = offers(Catalog().api, WIDE, planned("train.accelerator=cpu"), results)
    assert [offer.name for offer in found] == ["L4", "RTX 4090", "H100 SXM"]
    assert {offer.basis for offer in found} == {"unknown"}


def test_preferences_go_before_the_price_and_what_cannot_be_ordered_last(planned: Planned, results: Path) -> None:
    none = replace(RTX, level="NONE", stock=())
    fleet = replace(WIDE, cards=["RTX 4090", "H100 SXM", "L4"])
    found = offers(Catalog([H100, none, L4]).api, fleet, planned(), results)
    assert [(offer.name, offer.why_not) for offer in found] == [
        ("H100 SXM", None),
        ("L4", None),
        ("RTX 4090", "none free now"),
    ]


def test_a_trial_with_more_ranks_than_a_pod_has_cards_fits_nowhere(planned: Planned, results: Path) -> None:
    found = offers(Catalog().api, WIDE, planned("train.devices=2"), results)
    assert {offer.why_not for offer in found} == {"a trial needs 2 in one pod"}
    assert placements(found) == []


def test_each_usable_offer_is_a_placement_and_with_several_pods_each_data_center(
    planned: Planned, results: Path
) -> None:
    none = replace(RTX, level="NONE", stock=())
    catalog = Catalog([none, L4])
    assert placements(offers(catalog.api, WIDE, planned(), results)) == [Placement("NVIDIA L4", 0.4, ("EU-1", "US-1"))]
    networked = [Placement("NVIDIA L4", 0.4, ("EU-1",))]
    assert placements(offers(catalog.api, replace(WIDE, pods=2), planned(), results)) == networked
    two = Offer("x", 1.0, ("A", "B"), "HIGH", 2, 1, None, None, None)
    assert placements([two]) == [Placement("x", 1.0, ("A",)), Placement("x", 1.0, ("B",))]


def test_the_table_is_readable_at_80_columns(planned: Planned, results: Path) -> None:
    long: Any = replace(L4, id="NVIDIA " + 60 * "x", name=60 * "x", price={"secure": 123.0})
    none = replace(RTX, level="NONE", stock=())
    fleet = replace(WIDE, max_hours=8, data_centers=["EU-1"])
    text = table(offers(Catalog([H100, none, long, ODD]).api, fleet, planned(), results))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "none free now" in text
    assert "above max_hours" in text
    assert "factor of three" in text
    assert text.splitlines()[2].startswith(">")


def test_an_empty_catalog_is_said() -> None:
    assert table([]) == "RunPod has no card in its catalog"
