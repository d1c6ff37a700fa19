"""The floor is the true one: checked against a slow implementation that knows nothing but the visible prefix."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from tinker.data.language import SKILLS, Language, Rules
from tinker.data.streams import Purpose, uniforms
from tinker.errors import ConfigError

SMALL = Rules()
ODD = Rules(fillers=3, bracket_types=3, max_depth=2, keys=2, values=5, open_rate=0.3, close_rate=0.2, chain_seed=4)
TINY = Rules(fillers=1, bracket_types=1, max_depth=1, keys=1, values=1)


def spelled(rules: Rules) -> list[tuple[str, int]]:
    """The vocabulary in words: token -> (what, which)."""
    kinds = {
        "filler": rules.fillers,
        "open": rules.bracket_types,
        "close": rules.bracket_types,
        "key": rules.keys,
        "value": rules.values,
    }
    return [(kind, which) for kind, size in kinds.items() for which in range(size)]


def chain(rules: Rules) -> list[list[float]]:
    """After a filler, its first choice has weight 1, its second 1/2, and so on; the order is drawn from the seed."""
    drawn = uniforms(rules.chain_seed, Purpose.TABLES, 0, (rules.fillers, rules.fillers))
    rows = []
    for numbers in drawn.tolist():
        order = sorted(range(rules.fillers), key=lambda filler: numbers[filler])
        total = sum(0.5**k for k in range(rules.fillers))
        rows.append([0.5 ** order[filler] / total for filler in range(rules.fillers)])
    return rows


def true_probabilities(rules: Rules, prefix: list[tuple[str, int]]) -> tuple[dict[tuple[str, int], float], str]:
    """Of each possible next word, and what kind of place it is, from the prefix alone."""
    stack: list[int] = []
    values: dict[int, int] = {}
    for i, (kind, which) in enumerate(prefix):
        if kind == "open":
            stack.append(which)
        elif kind == "close":
            assert stack.pop() == which
        elif kind == "value":
            assert values.setdefault(prefix[i - 1][1], which) == which
    last = prefix[-1] if prefix else ("start", 0)
    if last[0] == "key":
        if last[1] in values:
            return {("value", values[last[1]]): 1.0}, "recall"
        return {("value", v): 1 / rules.values for v in range(rules.values)}, "local"
    result: dict[tuple[str, int], float] = {}
    if len(stack) < rules.max_depth:
        result |= {("open", b): rules.open_rate / rules.bracket_types for b in range(rules.bracket_types)}
    if stack:
        result["close", stack[-1]] = rules.close_rate
    halves = sum(0.5**k for k in range(rules.keys))
    result |= {("key", k): rules.key_rate * 0.5**k / halves for k in range(rules.keys)}
    rest = 1 - sum(result.values())
    for filler in range(rules.fillers):
        share = chain(rules)[last[1]][filler] if last[0] == "filler" else 1 / rules.fillers
        result["filler", filler] = rest * share
    return result, "free"


@pytest.mark.parametrize("rules", [SMALL, ODD, TINY])
def test_the_floor_is_the_true_probability_given_the_visible_prefix(rules: Rules) -> None:
    documents = Language(rules).generate(uniforms(0, Purpose.TRAIN, 0, (12, 60)))
    words = spelled(rules)
    seen = set()
    for tokens, nats, skills in zip(documents.tokens, documents.nats, documents.skill, strict=True):
        document = [words[token] for token in tokens]
        for t, word in enumerate(document):
            probability, place = true_probabilities(rules, document[:t])
            assert math.isclose(sum(probability.values()), 1, rel_tol=1e-12)
            assert math.isclose(nats[t], -math.log(probability[word]), rel_tol=1e-12, abs_tol=1e-12)
            expected = "nesting" if word[0] == "close" else "recall" if place == "recall" else "local"
            assert SKILLS[skills[t]] == expected
            seen.add(expected)
    assert seen == set(SKILLS)


def test_tokens_occur_as_often_as_their_probabilities_say() -> None:
    documents = Language(SMALL).generate(uniforms(1, Purpose.TRAIN, 0, (20_000, 2)))
    first = documents.tokens[:, 0]
    probability, _ = true_probabilities(SMALL, [])
    for token, word in enumerate(spelled(SMALL)):
        p = probability.get(word, 0.0)
        assert abs((first == token).mean() - p) <= 5 * math.sqrt(p * (1 - p) / len(first))


def test_the_mean_cost_of_what_was_drawn_is_the_entropy() -> None:
    documents = Language(SMALL).generate(uniforms(2, Purpose.TRAIN, 0, (20_000, 1)))
    probability, _ = true_probabilities(SMALL, [])
    entropy = -sum(p * math.log(p) for p in probability.values())
    error = documents.nats.std() / math.sqrt(documents.nats.size)
    assert abs(documents.nats.mean() - entropy) < 5 * error


def test_the_largest_and_smallest_numbers_draw_tokens_that_can_follow() -> None:
    extremes = np.repeat([[0.0], [1 - 2.0**-32]], 50, axis=1)
    assert np.isfinite(Language(SMALL).generate(extremes).nats).all()


def test_golden_tokens_and_floor() -> None:
    documents = Language(SMALL).generate(uniforms(0, Purpose.VALIDATION, 0, (400, 49)))
    assert documents.tokens[0, :12].tolist() == [11, 17, 7, 5, 1, 7, 4, 11, 17, 10, 14, 9]
    assert hashlib.sha256(documents.tokens.astype("<i8").tobytes()).hexdigest()[:16] == "8b1862a529edc59c"
    assert documents.nats[:, 1:].mean() == pytest.approx(1.8767828020, abs=1e-9)


@pytest.mark.parametrize("name", ["fillers", "bracket_types", "max_depth", "keys", "values"])
def test_a_size_below_one_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"data\.{name}: 0 is not allowed; at least 1"):
        Rules(**{name: 0})


@pytest.mark.parametrize("name", ["open_rate", "close_rate", "key_rate"])
@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, float("nan")])
def test_a_rate_that_is_no_probability_is_refused(name: str, rate: float) -> None:
    with pytest.raises(ConfigError, match=rf"data\.{name}: {rate} is not allowed"):
        Rules(**{name: rate})  # type: ignore[arg-type]


def test_rates_that_leave_no_room_for_fillers_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"open_rate \+ close_rate \+ key_rate = 1 leaves no room"):
        Rules(open_rate=0.4, close_rate=0.3, key_rate=0.3)


def test_a_negative_chain_seed_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.chain_seed: -1"):
        Rules(chain_seed=-1)
