"""The decision rule of an imported grid: that of any grid, over a metric of any name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any

import yaml

from tinker.config.limits import Pattern
from tinker.config.strict import parse
from tinker.config.suggest import unknown
from tinker.errors import UserError
from tinker.grid.decide import Decide
from tinker.grid.yaml_loader import Loader

#: Keys that have an option of their own.
OPTIONS = {"metric": "--metric", "min_effect": "--min-effect", "direction": "--direction", "alpha": "--alpha"}


@dataclass(frozen=True)
class ImportedDecide(Decide):
    """`Decide` without its list of metrics: runs from elsewhere measure what they like."""

    metric: Annotated[str, Pattern(r"\S(.*\S)?", "the name of a metric")]


def rule_of(metric: str, options: Mapping[str, Any], others: Sequence[str]) -> Decide:
    """The rule from options (None where not given) and `KEY=VALUE` texts, whose values are YAML.

    Raises:
        UserError: an unknown key, a value that is not allowed, or keys that do not go together.
    """
    said = {key: value for key, value in options.items() if value is not None}
    allowed = [field.name for field in fields(Decide) if field.name not in OPTIONS]
    for text in others:
        key, equals, value = text.partition("=")
        if not equals:
            raise UserError(
                f"--decide {text!r}: expected KEY=VALUE, such as looks=[4,8,12]; keys: {', '.join(allowed)}"
            )
        if key in OPTIONS:
            raise UserError(f"--decide {text}: {key} has an option of its own, {OPTIONS[key]}")
        if key not in allowed:
            raise UserError(f"--decide {text}: {unknown('key', key, allowed)}")
        if key in said:
            raise UserError(f"--decide {text}: {key} was given already")
        try:
            said[key] = yaml.load(value, Loader)
        except yaml.YAMLError as error:
            raise UserError(f"--decide {text}: {value!r} is not YAML ({' '.join(str(error).split())})") from None
    return parse(ImportedDecide, {"metric": metric, **said}, "decide")
