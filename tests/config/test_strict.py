from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from model.slots import ATTENTION, NORM
from tinker.config.limits import Limits, Pattern
from tinker.config.plain import plain
from tinker.config.strict import parse
from tinker.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    low: float
    high: float = 2  # typed as an int on purpose

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"low: {self.low} is more than high {self.high}")


@dataclass(frozen=True)
class Outer:
    count: Annotated[int, Limits(at_least=1, below=10)]
    rate: float
    flag: bool
    kind: Literal["a", "b"]
    name: Annotated[str, Pattern("[a-z]+", "lower case")]
    pair: tuple[float, float]
    many: tuple[int, ...]
    named: dict[str, int]
    maybe: Inner | None
    norm: Annotated[Any, NORM]
    attention: Annotated[tuple[Any, ...], ATTENTION]
    inner: Inner = Inner(1.0)


GOOD: dict[str, Any] = {
    "count": 3,
    "rate": 1,
    "flag": False,
    "kind": "a",
    "name": "abc",
    "pair": [1, 2.5],
    "many": [],
    "named": {"x": 1},
    "maybe": None,
    "norm": "layer_norm",
    "attention": ["full", {"type": "window", "size": 4}],
}


def with_(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**GOOD, **changes}


def test_every_kind_of_field_is_read() -> None:
    parsed = parse(Outer, with_({"maybe": {"low": 0}}))
    assert parsed.rate == 1.0
    assert type(parsed.rate) is float
    assert parsed.pair == (1.0, 2.5)
    assert parsed.many == ()
    assert parsed.maybe == Inner(0.0, 2)
    assert [type(layer) for layer in parsed.attention] == [ATTENTION.get(n).config for n in ("full", "window")]
    assert parsed.attention[1].size == 4


def test_plain_data_is_read_back_as_the_same_and_says_everything() -> None:
    parsed = parse(Outer, GOOD)
    data = plain(parsed)
    assert parse(Outer, data) == parsed
    assert data["norm"]["type"] == "layer_norm"
    assert set(data["norm"]) > {"type"}
    assert data["inner"] == {"low": 1.0, "high": 2.0}
    assert type(data["inner"]["high"]) is float


def test_one_node_of_a_per_layer_slot_is_a_pattern_of_one() -> None:
    assert len(parse(Outer, with_({"attention": {"type": "full"}})).attention) == 1


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"count": True}, "count", "true is not allowed; expected a whole number"),
        ({"count": 0}, "count", "at least 1 and below 10"),
        ({"count": 10}, "count", "at least 1 and below 10"),
        ({"count": 2.0}, "count", "2.0 is not allowed"),
        ({"rate": "1e-4"}, "rate", "'1e-4' is not allowed; expected a number"),
        ({"rate": float("nan")}, "rate", "expected a number"),
        ({"rate": True}, "rate", "expected a number"),
        ({"flag": 0}, "flag", "expected true or false"),
        ({"kind": "c"}, "kind", "one of 'a', 'b'"),
        ({"name": "ABC"}, "name", "lower case"),
        ({"name": None}, "name", "null is not allowed"),
        ({"pair": [1]}, "pair", "a list of 2"),
        ({"pair": [1, "x"]}, "pair.1", "'x'"),
        ({"many": 3}, "many", "a list, each a whole number"),
        ({"many": [1, 2.5]}, "many.1", "2.5"),
        ({"named": {"x": "y"}}, "named.x", "'y'"),
        ({"named": {1: 1}}, "named", "put it in quotes"),
        ({"maybe": 3}, "maybe", "or null"),
        ({"maybe": {"lo": 3}}, "maybe.lo", "did you mean 'low'"),
        ({"inner": {"low": 3}}, "inner.low", "3.0 is more than high 2"),
        ({"inner": {}}, "inner.low", "missing; expected a number"),
        ({"norm": {"eps": 1}}, "norm.type", "missing; Allowed: dyt, layer_norm, none, rms_norm"),
        ({"norm": {"type": 1}}, "norm.type", "1 is not text"),
        ({"norm": {"type": "lyer_norm"}}, "norm.type", "did you mean 'layer_norm'"),
        ({"norm": 3}, "norm", "a mapping with a `type:` of dyt, layer_norm, none, rms_norm"),
        ({"norm": {"type": "layer_norm", "epsilon": 1}}, "norm.epsilon", "Allowed: bias, eps"),
        ({"attention": []}, "attention", "empty"),
        ({"attention": ["full", {"type": "window", "size": "x"}]}, "attention.1.size", "'x'"),
        ({"colour": 1}, "colour", "unknown key 'colour'"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(changes: dict[str, Any], path: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Outer, with_(changes))
    assert caught.value.path == path
    assert says in caught.value.problem


def test_paths_begin_where_the_caller_says() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(Inner, {"low": "x"}, "a.b")
    assert caught.value.path == "a.b.low"
