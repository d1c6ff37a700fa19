"""The config.json of a folder of weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinker.errors import UserError

NAME = "config.json"


class Published:
    """What a config.json says of a model; a key that is null or absent has the default of its `model_type`."""

    def __init__(self, values: Mapping[str, Any], where: Path) -> None:
        self.values, self.where = values, where

    @classmethod
    def read(cls, folder: Path) -> Published:
        """The config.json of that folder.

        Raises:
            UserError: there is none, or it is not JSON.
        """
        path = folder / NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise UserError(f"{folder}: no {NAME} in it ({error.strerror}); give a folder with {NAME}") from None
        except ValueError as error:
            raise UserError(f"{path}: not JSON: {error}") from None
        if not isinstance(values, dict):
            raise UserError(f"{path}: not a mapping of keys to values")
        return cls(values, path)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default where it is null or absent."""
        value = self.values.get(key)
        return default if value is None else value

    def need(self, key: str) -> Any:
        """A value that has no default.

        Raises:
            UserError: it is not there.
        """
        value = self.values.get(key)
        if value is None:
            raise UserError(f"{self.where}: {key} is missing")
        return value

    def count(self, key: str) -> int:
        """A whole number above 0 that has no default.

        Raises:
            UserError: it is not there, or is something else.
        """
        value = self.need(key)
        if type(value) is not int or value < 1:
            raise UserError(f"{self.where}: {key} is {json.dumps(value)}; expected a whole number, 1 or more")
        return value

    def only(self, key: str, *allowed: Any, default: Any) -> None:
        """Refuses a value that none of our variants computes; the first allowed is what to have.

        Raises:
            UserError: naming the key, its value and what is allowed.
        """
        value = self.get(key, default)
        if value not in allowed:
            shown = ", ".join(json.dumps(one) for one in allowed)
            raise UserError(f"{self.where}: {key} is {json.dumps(value)}, which no variant here computes; only {shown}")
