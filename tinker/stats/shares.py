"""Seeds of the control at each look: the share that was declared, or as many as the arms that go on need."""

from __future__ import annotations

from tinker.stats.rule import Rule
from tinker.stats.sequential import Times, control_at_looks, times_of
from tinker.stats.square_root import square_root


def at_look(rule: Rule, place: int, going: int, before: int, planned: int) -> int:
    """Control seeds of the look number `place` (from 0).

    By need: of `going` arms, those not decided at the look before; never fewer than `before`, which are there, never
    more than `planned`. Pairs need one each. Otherwise the declared control's share.
    """
    if not rule.by_need:
        return control_at_looks(rule.looks, planned)[place]
    seeds = rule.looks[place]
    wanted = seeds if rule.pairing == "seed" else square_root(going, seeds)
    return min(planned, max(before, wanted, seeds))


def declared_times(rule: Rule, arms: int, planned: int) -> Times:
    """Share of the information at each look if every arm goes on to the last: what the levels are reckoned with.

    By need the control has fewer seeds at a later look than that once arms have stopped. The estimates of two looks are
    then more alike than the levels take them to be, and the looks together err less often than alpha.
    """
    sizes: list[int] = []
    for place in range(len(rule.looks)):
        sizes.append(at_look(rule, place, arms, sizes[-1] if sizes else 0, planned))
    return times_of(rule.looks, sizes)
