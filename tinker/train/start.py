"""What a user writes for `init_from`, turned into what a trial's description says.

    init_from=3fa9c1                a finished trial by its id, or the beginning of one
    init_from=weights/gpt2          a folder of safetensors

The description holds the trial's full id or a fingerprint of the folder's weights, and a path for this machine only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from model.gpt import GPT
from tinker.config.merge import leaves
from tinker.config.schema import TrialConfig
from tinker.config.suggest import given as shown
from tinker.data.corpus import corpus_of
from tinker.errors import ConfigError
from tinker.spec import TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.record import StoredTrial
from tinker.store.store import Store
from tinker.train.base import check_fit, require_packages
from tinker.train.slots import INIT_FROM

KEY = "init_from"
MEANS = "one trial's id or the beginning of it, one folder, or none"
#: Keys of a model in which a trial may differ from the one that it starts from: none of them has weights of its own.
MAY_DIFFER = ("model.dropout", "model.backend", "model.loss", "model.context")


def resolve_start(config: Mapping[str, Any], results: Path) -> dict[str, Any]:
    """The config with its `init_from` spelled out and held against the trial that it names.

    Raises:
        UserError: no such trial or folder, one that cannot be started from, or a model or vocabulary unlike it.
    """
    given = config.get(KEY)
    node: Mapping[str, Any] = given if isinstance(given, Mapping) else {"type": given}
    if node.get("type") in (None, "none"):
        for key in sorted(node.keys() - {"type"}):
            raise ConfigError(
                f"{KEY}.{key}",
                f"{KEY} is none, which has no such key; give it whole: {KEY}=<a trial's id> or {KEY}=<a folder>",
            )
        return dict(config)
    for key in sorted(node.keys() & {"id", "path"}):
        if not isinstance(node[key], str) or not node[key]:
            raise ConfigError(f"{KEY}.{key}", f"{shown(node[key])} is not allowed; expected text, in quotes if need be")
    if len(node) == 1 and node["type"] not in INIT_FROM.names():
        node = _named(node["type"])
    if node["type"] == "folder" and "path" in node and "fingerprint" not in node:
        node = _folder(config, Path(node["path"]).expanduser().resolve())
    if node["type"] == "trial" and "id" in node and "path" not in node:
        from tinker.train.starts.trial import kept_checkpoint

        row = _finished(str(node["id"]), results)
        kept_checkpoint(row.folder)
        check_same_model({**config, KEY: "none"}, row.spec)
        node = start_node(row.spec, row.folder)
    return {**config, KEY: dict(node)}


def start_node(spec: TrialSpec, folder: TrialFolder) -> dict[str, Any]:
    """`init_from` for that trial, whether it has run or not."""
    return {"type": "trial", "id": spec.id, "path": str(folder.path.resolve())}


def check_same_model(config: Mapping[str, Any], base: TrialSpec) -> None:
    """Whether a trial with that config could take over the base's weights.

    Raises:
        ConfigError: naming the keys in which the models differ, and what to give; another vocabulary; tables of
            positions that are not as long.
    """
    asked = TrialConfig.from_dict({**config, "finetune": "none"})
    trained = TrialConfig.from_dict(base.config)
    require_packages(trained)  # merging its adapters takes what made them
    here, there = (leaves({"model": one.as_dict()["model"]}) for one in (asked, trained))
    differ = [
        key
        for key in sorted(here.keys() | there.keys())
        if here.get(key) != there.get(key) and not any(f"{key}.".startswith(f"{name}.") for name in MAY_DIFFER)
    ]
    if differ:
        text = ", ".join(f"{key} is {_text(here.get(key))} here and {_text(there.get(key))} there" for key in differ)
        give = " ".join(f"{key}={_text(there[key])}" for key in differ if key in there)
        raise ConfigError(KEY, f"trial {base.id} is another model: {text}" + (f"; give {give}" if give else ""))
    new, old = corpus_of(asked), corpus_of(trained)
    if new.vocabulary != old.vocabulary:
        raise ConfigError(
            KEY,
            f"trial {base.id} was trained on {old.name} with another vocabulary ({old.vocabulary}, {old.vocab_size} "
            f"tokens) than {new.name} has ({new.vocabulary}, {new.vocab_size} tokens): its tokens mean something else; "
            "choose data with the same vocabulary (data.tokenizer=byte is the same for every text)",
        )
    with torch.device("meta"):
        models = [GPT(one.gpt(new.vocab_size), seed=0) for one in (asked, trained)]
    check_fit(models[0].state_dict(), models[1].state_dict())


def _named(given: Any) -> dict[str, Any]:
    """A folder's path, or the beginning of a trial's id."""
    if not isinstance(given, str):
        number = type(given) in (int, float)
        problem = "was read as a number; put a trial's id in quotes, or give more of its digits"
        raise ConfigError(KEY, f"{shown(given)} {problem if number else f'is not allowed; give {MEANS}'}")
    if not given:
        raise ConfigError(KEY, f"it is empty; give {MEANS}")
    if Path(given).expanduser().is_dir():
        return {"type": "folder", "path": given}
    if re.fullmatch(r"[0-9a-f]{1,16}", given):
        return {"type": "trial", "id": given}
    raise ConfigError(KEY, f"{given!r} is neither a folder nor the beginning of a trial's id (hex digits)")


def _folder(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A folder's node, its model compared with the config's as its config.json describes it."""
    from tinker.pretrained import pretrained_fingerprint
    from tinker.pretrained.agree import check_agrees
    from tinker.pretrained.layout import layout
    from tinker.pretrained.published import Published

    asked = TrialConfig.from_dict({**config, KEY: "none", "finetune": "none"})
    published = Published.read(folder)
    found = layout(str(published.need("model_type")), str(published.where))
    check_agrees(found, published, asked.gpt(corpus_of(asked).vocab_size))
    return {"type": "folder", "path": str(folder), "fingerprint": pretrained_fingerprint(folder)}


def _finished(prefix: str, results: Path) -> StoredTrial:
    """The one finished row whose id begins so; of several environment classes this machine's, else the first."""
    from tinker.provenance.environment import environment_class
    from tinker.train.environment import trial_environment

    found = [row for row in Store(results).rows() if row.trial_id.startswith(prefix) and row.result is not None]
    ids = sorted({row.trial_id for row in found})
    if not ids:
        raise ConfigError(KEY, f"no finished trial in {results} has an id that begins with {prefix!r}")
    if len(ids) > 1:
        raise ConfigError(KEY, f"{prefix!r} is the beginning of {len(ids)} ids: {', '.join(ids[:5])}; give more digits")
    here = environment_class(trial_environment(found[0].spec))
    row = next((row for row in found if row.environment_class == here), found[0])
    assert row.result is not None
    if row.result["status"] != "done":
        raise ConfigError(KEY, f"trial {row.trial_id} {row.result['status']}: it has no weights worth starting from")
    return row


def _text(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, separators=(",", ":"))
