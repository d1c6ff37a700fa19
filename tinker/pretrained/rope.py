"""Rotary positions in a config.json: `rope_parameters` today; `rope_theta` and `rope_scaling` in older files."""

from __future__ import annotations

import math
from typing import Any

from tinker.errors import UserError
from tinker.pretrained.layout import Tree
from tinker.pretrained.published import Published


def position_of(published: Published) -> Tree:
    """The node under `model.position`.

    Raises:
        UserError: a scaling that rotary does not have.
    """
    given = _given(published)
    theta = given.get("rope_theta") or published.get("rope_theta", 10000.0)
    return {"type": "rotary", "theta": theta, "scaling": _scaling(given, published)}


def rope_of(position: Tree) -> Tree:
    """`rope_parameters` for that node."""
    scaling = position.get("scaling", {"type": "none"})
    names = {"none": "default"}
    tree = {"rope_type": names.get(scaling["type"], scaling["type"]), "rope_theta": position.get("theta", 10000.0)}
    keys = {
        "factor": "factor",
        "original_context": "original_max_position_embeddings",
        "beta_fast": "beta_fast",
        "beta_slow": "beta_slow",
        "temperature": "attention_factor",
        "low": "low_freq_factor",
        "high": "high_freq_factor",
    }
    return tree | {keys[key]: value for key, value in scaling.items() if key in keys and value is not None}


def deepseek_temperature(published: Published) -> float:
    """By which DeepSeek multiplies queries and keys, unrotated parts included, beside what YaRN itself does."""
    given = _given(published)
    if _kind(given) == "default" or not given.get("mscale_all_dim"):
        return 1.0
    return _temperature(given["factor"], given["mscale_all_dim"])


def _given(published: Published) -> dict[str, Any]:
    return {**published.get("rope_scaling", {}), **published.get("rope_parameters", {})}


def _kind(given: dict[str, Any]) -> str:
    return str(given.get("rope_type") or given.get("type") or "default")


def _scaling(given: dict[str, Any], published: Published) -> Tree:
    kind, factor = _kind(given), given.get("factor")
    if kind not in ("default", "linear", "yarn", "llama3"):
        raise UserError(
            f"{published.where}: rope_type is {kind!r}, which no variant here computes; only default, linear, yarn and "
            f"llama3"
        )
    if given.get("partial_rotary_factor", 1.0) != 1.0 or not given.get("truncate", True):
        raise UserError(
            f"{published.where}: rotary positions with partial_rotary_factor or without truncate are not read"
        )
    if kind == "default":
        return {"type": "none"}
    original = given.get("original_max_position_embeddings") or published.need("max_position_embeddings")
    if factor is None:
        factor = published.need("max_position_embeddings") / original
    if kind == "linear":
        return {"type": "linear", "factor": factor}
    if kind == "llama3":
        low, high = (given.get(f"{end}_freq_factor") for end in ("low", "high"))
        if low is None or high is None:
            raise UserError(f"{published.where}: rope_type llama3 without low_freq_factor and high_freq_factor")
        return {"type": "llama3", "factor": factor, "original_context": original, "low": low, "high": high}
    return {
        "type": "yarn",
        "factor": factor,
        "original_context": original,
        "beta_fast": given.get("beta_fast") or 32,
        "beta_slow": given.get("beta_slow") or 1,
        "temperature": _yarn_temperature(given, factor),
    }


def _yarn_temperature(given: dict[str, Any], factor: float) -> float | None:
    """None is YaRN's own."""
    if given.get("attention_factor") is not None:
        return float(given["attention_factor"])
    if given.get("mscale") and given.get("mscale_all_dim"):
        return _temperature(factor, given["mscale"]) / _temperature(factor, given["mscale_all_dim"])
    return None


def _temperature(factor: float, weight: float) -> float:
    return 0.1 * weight * math.log(factor) + 1.0 if factor > 1 else 1.0
