from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tinker.config.merge import apply, leaves, nest
from tinker.errors import ConfigError

FULL = {"type": "full", "kv_heads": None}
WINDOW = {"type": "window", "size": 8}
LEARNED = {"type": "learned", "scale": 2}
CONFIG: dict[str, Any] = {
    "model": {"n_layer": 3, "position": LEARNED, "attention": [FULL]},
    "optimizer": {"type": "adamw", "lr": 1e-3, "betas": [0.9, 0.99]},
    "logger": {"wandb": None},
}


@pytest.mark.parametrize(
    ("diff", "key", "expected"),
    [
        ({"optimizer": {"lr": 1.0}}, "optimizer", {"type": "adamw", "lr": 1.0, "betas": [0.9, 0.99]}),
        ({"optimizer.lr": 1.0}, "optimizer", {"type": "adamw", "lr": 1.0, "betas": [0.9, 0.99]}),
        ({"optimizer": {"type": "adamw", "lr": 1.0}}, "optimizer", {"type": "adamw", "lr": 1.0, "betas": [0.9, 0.99]}),
        ({"optimizer": {"lr": 1.0, "type": "lion"}}, "optimizer", {"type": "lion", "lr": 1.0}),
        ({"optimizer.lr": 1.0, "optimizer.type": "lion"}, "optimizer", {"type": "lion", "lr": 1.0}),
        ({"optimizer": "lion"}, "optimizer", {"type": "lion"}),
        ({"optimizer": "lion", "optimizer.lr": 1.0}, "optimizer", {"type": "lion", "lr": 1.0}),
        ({"optimizer.lr": 1.0, "optimizer": "lion"}, "optimizer", {"type": "lion", "lr": 1.0}),
        ({"optimizer.betas.1": 0.5}, "optimizer.betas", [0.9, 0.5]),
        ({"optimizer.betas": [0.1, 0.2]}, "optimizer.betas", [0.1, 0.2]),
        ({"model.position": "learned"}, "model.position", {"type": "learned", "scale": 2}),
        ({"logger.wandb": {"project": "p"}}, "logger.wandb", {"project": "p"}),
        ({"model.attention": "linear"}, "model.attention", [{"type": "linear"}]),
        ({"model.attention": WINDOW}, "model.attention", [WINDOW]),
        ({"model.attention": "full"}, "model.attention", [FULL]),
        ({"model.position.1": "none"}, "model.position", [LEARNED, {"type": "none"}, LEARNED]),
        ({"model.attention": [WINDOW, "full"]}, "model.attention", [WINDOW, "full"]),
        ({"model.attention.kv_heads": 1}, "model.attention", [{"type": "full", "kv_heads": 1}]),
        ({"model.attention.1": WINDOW}, "model.attention", [FULL, WINDOW, FULL]),
        ({"model": {"attention": {1: WINDOW}}}, "model.attention", [FULL, WINDOW, FULL]),
        ({"model.attention.1": "linear"}, "model.attention", [FULL, {"type": "linear"}, FULL]),
        ({"model.attention.0.kv_heads": 2, "model.n_layer": 1}, "model.attention", [{"type": "full", "kv_heads": 2}]),
    ],
)
def test_a_diff_gives(diff: dict[str, Any], key: str, expected: Any) -> None:
    node: Any = apply(CONFIG, diff)
    for part in key.split("."):
        node = node[part]
    assert node == expected


def test_a_layer_of_a_pattern_is_that_layer_and_no_other() -> None:
    pattern = apply(CONFIG, {"model.attention": [WINDOW, "full"], "model.n_layer": 4})
    changed = apply(pattern, {"model.attention.2.size": 4})
    assert changed["model"]["attention"] == [WINDOW, "full", {"type": "window", "size": 4}, "full"]


def test_keys_after_a_text_belong_to_the_type_that_it_names() -> None:
    config = apply(CONFIG, {"model.attention": ["window", "full"]})
    assert apply(config, {"model.attention.0.size": 4})["model"]["attention"][0] == {"type": "window", "size": 4}


def test_neither_the_config_nor_the_diff_is_changed() -> None:
    config, diff = deepcopy(CONFIG), {"model": {"attention": [WINDOW]}, "optimizer.lr": 1.0}
    before = deepcopy(diff)
    merged = apply(config, diff)
    merged["model"]["attention"][0]["size"] = 1
    merged["optimizer"]["betas"].append(3)
    assert config == CONFIG
    assert diff == before


@pytest.mark.parametrize(
    ("diff", "path"),
    [
        ({"model.n_layer": 3, "model": {"n_layer": 4}}, "model.n_layer"),
        ({"optimizer.lr": 1.0, "optimizer.lr.x": 1}, "optimizer.lr"),
        ({"model.attention": ["full"], "model.attention.0.kv_heads": 1}, "model.attention"),
        ({"model.attention.3": "full"}, "model.attention.3"),
        ({"model.attention": {"0": "full", "kv_heads": 2}}, "model.attention"),
        ({"optimizer.betas.2": 1.0}, "optimizer.betas.2"),
        ({"optimizer.betas": {"a": 1}}, "optimizer.betas"),
    ],
)
def test_a_diff_that_contradicts_itself_or_the_config_is_refused(diff: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        apply(CONFIG, diff)
    assert caught.value.path == path


def test_leaves_are_the_dotted_keys_of_a_diff() -> None:
    diff = nest({"a.b": 1, "a": {"c": [1, {"d": 2}], "e": {}}})
    assert leaves(diff) == {"a.b": 1, "a.c": [1, {"d": 2}], "a.e": {}}
