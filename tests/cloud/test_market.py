"""Which cards and data centers a fleet may have, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cloud.stub import H100, L4, RTX, Catalog, card
from tinker.cloud.api.wire import Stock
from tinker.cloud.market import market
from tinker.errors import UserError
from tinker.grid.fleet import Fleet


def test_the_catalog_is_asked_for_as_many_cards_as_a_pod_has_in_the_fleets_cloud() -> None:
    catalog = Catalog()
    market(catalog.api, Fleet(gpus_per_pod=4, cloud="community"))
    assert catalog.asked == [(4, "COMMUNITY")]


def test_cards_are_found_by_name_or_id_in_any_case_and_keep_the_fleets_order() -> None:
    found = market(Catalog().api, Fleet(cards=["rtx 4090", "nvidia l4", "RTX 4090"]))
    assert found.cards == (RTX, L4)


def test_a_strict_fleet_has_its_first_card_only() -> None:
    assert market(Catalog().api, Fleet(cards=["L4", "RTX 4090"], strict_card=True)).cards == (L4,)


def test_an_unknown_card_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"fleet\.cards: unknown card 'RTX 4091'; did you mean 'RTX 4090'\?"):
        market(Catalog().api, Fleet(cards=["RTX 4091"]))


def test_the_price_is_of_a_whole_pod_in_the_fleets_cloud() -> None:
    assert market(Catalog().api, Fleet(gpus_per_pod=2, cloud="community")).price(H100) == 2.5


@pytest.mark.parametrize(
    ("changes", "fleet", "why"),
    [
        ({}, {}, None),
        ({"price": {"community": 1.0}}, {}, "not in the secure cloud"),
        ({"most": {"secure": 2}}, {"gpus_per_pod": 4}, "at most 2 in one pod"),
        ({}, {"pods": 10, "max_usd_per_hour": 3.9}, "above max_usd_per_hour"),
        ({}, {"max_usd": 0.05}, "max_usd does not even pay for its start"),
        ({"level": "NONE", "stock": ()}, {}, "none free now"),
        ({"stock": (Stock("US-1", "HIGH"), Stock("EU-1", "NONE"))}, {"data_centers": ["EU-1"]}, "none free in"),
        ({"id": "AMD Instinct MI300X OAM"}, {}, "no CUDA"),
    ],
)
def test_a_card_that_cannot_be_ordered_says_why(
    changes: dict[str, Any], fleet: dict[str, Any], why: str | None
) -> None:
    odd = replace(L4, **changes)
    said = market(Catalog([odd]).api, Fleet(**fleet)).why_not(odd)
    assert said == why or (why is not None and said is not None and said.startswith(why))


def test_data_centers_with_more_stock_come_first_and_those_with_none_not_at_all() -> None:
    stock = (Stock("A", "LOW"), Stock("B", "NONE"), Stock("C", "HIGH"), Stock("D", "a new word"))
    found = market(Catalog().api, Fleet())
    assert found.data_centers(card("x", "x", 1, stock=stock)) == ("C", "A", "D")


def test_several_pods_are_only_where_there_is_global_networking() -> None:
    found = market(Catalog().api, Fleet(pods=2))
    assert found.data_centers(L4) == ("EU-1",)
    with pytest.raises(UserError, match="US-1 has none; those that have it: EU-1"):
        market(Catalog().api, Fleet(pods=2, data_centers=["US-1"]))


def test_a_volume_binds_the_pods_to_its_data_center() -> None:
    assert market(Catalog().api, Fleet(volume="vol1")).data_centers(L4) == ("US-1",)
    with pytest.raises(UserError, match=r"is in US-1, which fleet\.data_centers leaves out: EU-1"):
        market(Catalog().api, Fleet(volume="vol1", data_centers=["EU-1"]))
    with pytest.raises(UserError, match="several pods need a data center with global networking, and US-1 has none"):
        market(Catalog().api, Fleet(volume="vol1", pods=2))


@pytest.mark.parametrize(
    ("fleet", "message"),
    [
        ({"strict_card": True}, r"fleet\.strict_card: no card is named"),
        ({"volume": "vol2"}, r"fleet\.volume: unknown volume 'vol2'; did you mean 'vol1'\?"),
        ({"data_centers": ["EU-2"]}, r"fleet\.data_centers: unknown data center 'EU-2'; did you mean 'EU-1'\?"),
        ({"cloud": "community", "pods": 2}, r"fleet\.pods 2: hosts of the community cloud have no private network"),
        ({"cloud": "community", "volume": "vol1"}, r"fleet\.volume 'vol1': hosts of the community cloud"),
    ],
)
def test_what_there_is_not_is_an_error(fleet: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        market(Catalog().api, Fleet(**fleet))
