"""The sentences behind a verdict. Numbers in them are rounded for reading; the tables have them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker.stats.rule import Rule
from tinker.stats.sample import Sample
from tinker.stats.t_test import TTest
from tinker.stats.tested import probability_better

if TYPE_CHECKING:
    from tinker.stats.family import Judged
    from tinker.stats.verdict import Facts


def unreachable(arm: Sample, control: Sample, smallest: float, family: int) -> str:
    """Why no result whatever could have given a verdict."""
    seeds = min(len(arm.runs), len(control.runs))
    if seeds < 2:
        who = "the arm" if len(arm.runs) < 2 else "the control"
        return f"{who} has one planned seed, and no test can be made of one: declare at least two"
    among = f" among {family} arms" if family > 1 else ""
    return (
        f"with {len(arm.runs)} and {len(control.runs)} seeds the declared test cannot give a p below {smallest:.2g}, "
        f"which is not enough{among}: declare more seeds, or `test: t`"
    )


def before_the_first_look(arm: Sample, rule: Rule) -> str:
    """A grid with looks whose first is still to come."""
    return f"the first look is at {rule.looks[0]} seeds an arm, and {len(arm.ended)} have ended: no verdict before it"


def at_look(judged: Judged, rule: Rule) -> str:
    """Which of the declared looks this is, and whether another is to come."""
    if not judged.look:
        return ""
    if judged.decided(rule):
        return f"; decided at the look at {judged.look} of {rule.looks[-1]} seeds"
    if judged.hopeless is not None:
        stop = judged.hopeless
        return (
            f"; it stopped as hopeless at the look at {stop.look} of {rule.looks[-1]} seeds: the chance to be decided"
            f" by the last one was {stop.chance:.2g}, less than the declared {rule.futility:g}"
        )
    later = [look for look in rule.looks if look > judged.look]
    return f"; the next look is at {later[0]} seeds" if later else ""


def equivalent(effect: TTest, certain: bool, rule: Rule) -> str:
    """Too small to matter, either way."""
    margin = f"+-{rule.min_effect:g}"
    if certain:
        return f"{amount(effect)}, surely some but less than the {margin} that would matter"
    return f"{amount(effect)}; a difference as large as {margin} is ruled out (two one-sided t-tests)"


def not_worse(effect: TTest, rule: Rule) -> str:
    """Not surely better, and surely not worse by much."""
    return (
        f"{amount(effect)}; worse by {rule.min_effect:g} or more is ruled out (one-sided t-test), better is possible"
        f" (up to {signed(effect.low if rule.lower else effect.high)})"
    )


def decided(judged: Judged, facts: Facts, rule: Rule) -> str:
    """Better or worse: by how much, with the interval."""
    effect = None if judged.test is None else judged.test.effect
    if effect is None or (rule.test == "rank" and rule.pairing == "none"):
        share = probability_better(judged.arm, judged.control, rule)
        text = f"better in {100 * share:.0f} % of all pairs of runs"
        if judged.arm.count("diverged") or judged.control.count("diverged"):
            text += f", a diverged run being the worst of all ({_diverged(judged.arm, judged.control)})"
        return text
    if effect.low <= 0.0 <= effect.high:  # a permutation or signed ranks may be surer than a t interval
        return f"{amount(effect)}; the t interval, {span(effect)}, is less sure of it than the declared test"
    least, most = sorted((abs(effect.low), abs(effect.high)))
    # A look before the last has an interval of its own confidence.
    alone = " of this arm alone" if facts.family > 1 else ""
    confidence = "" if judged.look else f" ({100 * (1 - rule.alpha):.3g} % interval{alone})"
    return f"{amount(effect)}; at least {least:.3g} and at most {most:.3g}{confidence}"


def diverged(arm: Sample, control: Sample, rule: Rule) -> str:
    """Nothing is decided, and some run diverged."""
    if rule.diverged == "rank":
        return f"{_diverged(arm, control)}; ranked as the worst, they leave it open"
    return f"{_diverged(arm, control)}; the mean of the survivors alone decides nothing"


def too_few_left(arm: Sample, control: Sample) -> str:
    """So many diverged that no test is left."""
    return f"{_diverged(arm, control)}; too few are left for a test"


def undecided(judged: Judged, facts: Facts, rule: Rule) -> str:
    """What is still possible, and what would decide."""
    assert judged.test is not None and judged.test.effect is not None
    effect = judged.test.effect
    text = f"the true difference may be anything from {signed(effect.low)} to {signed(effect.high)}"
    if judged.test.p <= rule.alpha < (judged.p or 1.0) and not judged.look:
        text += f"; alone it would have counted, but not as one of {facts.family} arms"
    if facts.p_dunnett is not None and facts.p_dunnett <= rule.alpha:
        word = "better" if rule.sign(effect.difference) > 0 else "worse"
        but = ", which they do not seem to be" if facts.unequal_sd else ""
        text = f"{word} if variances are equal (Dunnett's test){but}; else {text}"
    following = at_look(judged, rule)
    if following:
        return text + following
    seeds = facts.seeds_to_decide
    if seeds is None:
        return f"{text}; min_effect {rule.min_effect:g} is too small against the noise for any number of seeds"
    seeds = max(seeds, len(facts.arm.runs) + 1)  # the planned ones were nearly enough, and by chance were not
    return f"{text}; a new grid with about {seeds} seeds per arm would decide for a min_effect of {rule.min_effect:g}"


def amount(effect: TTest) -> str:
    """`0.0093 higher than the control`."""
    return f"{abs(effect.difference):.3g} {'lower' if effect.difference < 0 else 'higher'} than the control"


def span(effect: TTest) -> str:
    """`from 0.03 lower to 0.01 higher`."""
    return f"from {signed(effect.low)} to {signed(effect.high)}"


def signed(difference: float) -> str:
    """`0.03 lower`."""
    return f"{abs(difference):.2g} {'lower' if difference < 0 else 'higher'}"


def _diverged(arm: Sample, control: Sample) -> str:
    return f"{arm.diverged} of {len(arm.runs)} runs diverged (control: {control.diverged} of {len(control.runs)})"
