"""A cap holds even if nobody at home ever looks at a fleet again."""

from __future__ import annotations

import pytest

from tinker.cloud.caps import CapReachedError, Caps
from tinker.cloud.ledger import Account
from tinker.grid.fleet import Fleet

HOUR = 3600.0
NOW = 1_000_000.0


def _order(account: Account, name: str, usd_per_hour: float, now: float, deadline: float) -> None:
    account.take(
        "intent", {"name": name, "card": "L4", "usd_per_hour": usd_per_hour, "since": now, "deadline": deadline}
    )


def test_a_deadline_is_what_the_money_pays_for_less_a_margin() -> None:
    caps = Caps(Fleet(max_usd=1.0, max_hours=24.0), Account())
    assert caps.deadline(0.5, NOW) == pytest.approx(NOW + 2 * HOUR - 60)
    assert caps.deadline(0.5, NOW, more=3) == pytest.approx(NOW + HOUR / 2 - 60)


def test_a_deadline_is_never_later_than_the_fleets_hours() -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=100.0, max_hours=2.0), account)
    assert caps.deadline(0.5, NOW - 9 * HOUR) == pytest.approx(NOW - 7 * HOUR - 60)  # it has waited for a card since
    _order(account, "none", 0.5, NOW - HOUR, NOW)
    account.take("refused", {"name": "none"})
    _order(account, "first", 0.5, NOW, caps.deadline(0.5, NOW))
    assert caps.deadline(0.5, NOW + HOUR) == account.pods["first"].deadline == pytest.approx(NOW + 2 * HOUR - 60)


@pytest.mark.parametrize("pods", [1, 2, 5])
@pytest.mark.parametrize("boots", [0, 3])
def test_whatever_was_ordered_costs_no_more_than_the_cap_if_every_pod_lives_to_its_deadline(
    pods: int, boots: int
) -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=3.0, max_usd_per_hour=10.0, max_hours=24.0), account)
    now = NOW
    for number in range(boots):  # pods that did not come up, and were paid for until they were given back
        _order(account, f"bad-{number}", 0.9, now, caps.deadline(0.9, now, more=pods - 1))
        now += 300
        account.take("deleted", {"name": f"bad-{number}", "until": now})
    for number in range(pods):
        _order(account, f"pod-{number}", 0.9, now, caps.deadline(0.9, now, more=pods - 1 - number))
        now += 100
    assert account.at_most(now) <= 3.0
    assert account.at_most(now) > 2.5


def test_too_little_money_is_refused_before_an_order_with_what_would_be_needed() -> None:
    caps = Caps(Fleet(max_usd=0.05), Account())
    with pytest.raises(CapReachedError, match=r"fleet\.max_usd 0\.05: enough for 1\.5 minutes of 1 pod at \$2\.00"):
        caps.deadline(2.0, NOW)


def test_too_little_time_is_refused() -> None:
    caps = Caps(Fleet(max_hours=0.1), Account())
    with pytest.raises(CapReachedError, match=r"fleet\.max_hours 0\.1"):
        caps.deadline(0.5, NOW)


def test_the_hourly_cap_counts_all_pods_and_those_to_come() -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=100.0, max_usd_per_hour=2.0), account)
    caps.deadline(1.0, NOW, more=1)
    with pytest.raises(CapReachedError, match="max_usd_per_hour"):
        caps.deadline(1.0, NOW, more=2)
    _order(account, "a", 1.5, NOW, NOW + HOUR)
    with pytest.raises(CapReachedError, match="max_usd_per_hour"):
        caps.deadline(1.0, NOW)


def test_a_breach_is_said_before_the_pods_end_themselves() -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=1.0, max_hours=24.0), account)
    deadline = caps.deadline(0.5, NOW)
    _order(account, "a", 0.5, NOW, deadline)
    assert caps.breach(NOW + HOUR) is None
    assert caps.breach(deadline - 30) == "fleet.max_usd 1 used up"
    assert not caps.over(deadline - 30)
    assert caps.over(deadline)


def test_a_fleet_that_grows_too_dear_is_a_breach() -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=100.0, max_usd_per_hour=1.0), account)
    _order(account, "a", 1.5, NOW, NOW + HOUR)
    assert "max_usd_per_hour 1 exceeded" in (caps.breach(NOW) or "")


def test_the_run_is_ended_before_its_heads_deadline_though_money_is_left() -> None:
    account = Account()
    caps = Caps(Fleet(max_usd=2.0, max_hours=24.0), account)
    deadline = caps.deadline(0.5, NOW, more=1)
    _order(account, "head", 0.5, NOW, deadline)
    _order(account, "bad", 0.5, NOW, deadline)
    account.take("deleted", {"name": "bad", "until": NOW + 60})
    assert account.usd(deadline - 30) < 1.1
    assert caps.breach(deadline - 90) is None
    assert caps.breach(deadline - 30) == "the time is over that head was ordered for within fleet.max_usd"
    assert caps.over(deadline)
