"""The accounts of fleets that nobody looks after are closed once nothing of them is left."""

from __future__ import annotations

import pytest

from tests.cloud.yard import HOUR, Yard
from tinker.cloud.ledger import Ledger
from tinker.cloud.reap import settle


def test_accounts_of_fleets_that_left_nothing_are_closed(yard: Yard) -> None:
    nothing, refused, ended, alive, listed = (yard.fleet() for _ in range(5))
    now = yard.clock.now()
    facts = {"card": "NVIDIA L4", "usd_per_hour": 0.43, "since": now, "deadline": now + HOUR}
    Ledger(refused.ledger).write("intent", name=f"{refused.name}-1", **facts)
    yard.pod(ended, hours=1.0)
    yard.pod(alive, hours=9.0)
    yard.pod(listed, hours=9.0)
    assert alive.hold()
    yard.clock.advance(2 * HOUR)  # the keeper of `ended` has ended it by its deadline
    settle(yard.api, yard.state)
    accounts = {each.name: Ledger(each.ledger).account for each in yard.state.fleets()}
    assert {name for name, account in accounts.items() if account.closed} == {nothing.name, refused.name, ended.name}
    assert accounts[ended.name].usd(0.0) == pytest.approx(0.43, abs=0.001)
    assert accounts[refused.name].usd(0.0) == 0.0
    assert len(accounts[alive.name].open) == len(accounts[listed.name].open) == 1
    alive.let_go()
