"""What one trial is: a frozen, fully resolved value, and the id that is a hash of it.

The id covers what was asked for. The code and the machine are not in it: they stand on the row (see `tinker/store`).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from model.slots import FIELDS

SPEC_VERSION = 1

#: Parts of a resolved config that cannot change a trial's numbers, and so are not in its id. A test pins this list.
#: Where a user's text and its tokenizer lie are among them: the corpus fingerprint says what tokens they make.
NOT_IN_ID = ("scale", "recipe", "logger", "checkpoint", "plugins", "data.path", "data.tokenizer_file", "init_from.path")


@dataclass(frozen=True)
class Seeds:
    """The named random streams of a trial: `init` (weights and dropout) and `data` (order of the training data)."""

    init: int
    data: int

    @property
    def label(self) -> str:
        """`3`, or `3/7` where the two differ."""
        return str(self.init) if self.init == self.data else f"{self.init}/{self.data}"


def canonical(value: Any) -> str:
    """JSON with sorted keys and the shortest float that reads back equal: equal values give equal text.

    Raises:
        ValueError: for NaN, infinity, or what JSON cannot hold.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} cannot stand in a trial's config")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError(f"{type(value).__name__} cannot stand in a trial's config: {value!r}")


def _without(config: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The nested dict less those dotted keys."""
    here = {key for key in keys if "." not in key}
    below: dict[str, list[str]] = {}
    for head, _, rest in (key.partition(".") for key in keys if "." in key):
        below.setdefault(head, []).append(rest)
    kept = {key: value for key, value in config.items() if key not in here}
    return {key: _without(value, below[key]) if key in below else value for key, value in kept.items()}


def _as_first_named(config: dict[str, Any]) -> dict[str, Any]:
    """With the model's variants under the names that they had when the first trials were recorded."""
    model = dict(config.get("model", {}))
    for field, slot in FIELDS.items():
        first = {new: old for old, new in slot.renamed.items()}
        node = model.get(field)
        if isinstance(node, dict) and node.get("type") in first:
            model[field] = {**node, "type": first[node["type"]]}
    return {**config, "model": model} if model else config


@lru_cache(maxsize=1024)
def _asked(config_json: str) -> str:
    """What of a config is in an id: worked out once for all the seeds of an arm."""
    return canonical(_as_first_named(_without(json.loads(config_json), NOT_IN_ID)))


@lru_cache(maxsize=1024)
def _program(config_json: str) -> str:
    return canonical(_without(json.loads(config_json), ("optimizer", "schedule")))


@dataclass(frozen=True)
class TrialSpec:
    """A trial: its resolved config (canonical JSON text, so that it is frozen), seeds and corpus fingerprint."""

    config_json: str
    seeds: Seeds
    corpus: str

    @classmethod
    def of(cls, config: dict[str, Any], seeds: Seeds, corpus: str) -> TrialSpec:
        """From a resolved config (`TrialConfig.as_dict()`) and the fingerprint of the corpus it names."""
        return cls(canonical(config), seeds, corpus)

    @property
    def config(self) -> dict[str, Any]:
        """A fresh copy of the resolved config."""
        parsed: dict[str, Any] = json.loads(self.config_json)
        return parsed

    @cached_property
    def id(self) -> str:
        """16 hex digits of sha256 over the canonical JSON of what was asked for: config, corpus, seeds and version."""
        rest = {
            "corpus": self.corpus,
            "seeds": {"init": self.seeds.init, "data": self.seeds.data},
            "version": SPEC_VERSION,
        }
        text = f'{{"config":{_asked(self.config_json)},{canonical(rest)[1:]}'
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def program(self) -> tuple[str, str]:
        """Equal in trials of one model on one corpus, which differ in seeds, optimizer and schedule at most."""
        return _program(self.config_json), self.corpus

    def as_dict(self) -> dict[str, Any]:
        """For `spec.json`."""
        return {
            "version": SPEC_VERSION,
            "id": self.id,
            "config": self.config,
            "seeds": {"init": self.seeds.init, "data": self.seeds.data},
            "corpus": self.corpus,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> TrialSpec:
        """The inverse of `as_dict`."""
        return cls.of(data["config"], Seeds(**data["seeds"]), data["corpus"])
