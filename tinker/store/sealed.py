"""A result and the three files that belong to it, bound together: the record.

`result.json` names the token of its commit and the sha256 of each file, and carries a digest of itself, so a record is
whole or it is recognised as damaged, however it came here (commit, rsync, restored backup).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.store.atomic import parquet
from tinker.store.layout import PARTS, TrialFolder
from tinker.store.strict_json import decode, encode

RECORD_VERSION = 1
_UNSEALED = "0" * 64  # stands for the digest in the text that it is the digest of


class DamageError(Exception):
    """A file of the store that is torn, changed or missing."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path, self.problem = path, problem


def seal(
    spec: TrialSpec,
    environment_class: str,
    result: Mapping[str, Any],
    curve: Iterable[Mapping[str, Any]],
    environment: Mapping[str, Any],
    code: Mapping[str, Any],
    committed: str,
) -> tuple[str, dict[str, bytes], bytes]:
    """A new token, the bytes of each part by its name, and the bytes of `result.json`."""
    token = secrets.token_hex(4)
    parts = {"curve": _curve_bytes(curve), "environment": encode(environment), "code": encode(code)}
    record: dict[str, Any] = {
        "version": RECORD_VERSION,
        "token": token,
        "committed": committed,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
    }
    sealed = {key: value for key, value in result.items() if key not in PARTS}
    sealed |= {
        "trial_id": spec.id,
        "environment_class": environment_class,
        "seeds": {"init": spec.seeds.init, "data": spec.seeds.data},
        "corpus": spec.corpus,
        "code_fingerprint": code["fingerprint"],
        "record": record,
    }
    sealed["record"]["digest"] = _UNSEALED
    text = encode(sealed)
    return token, parts, text.replace(_digest_line(_UNSEALED), _digest_line(hashlib.sha256(text).hexdigest()))


def parse_result(folder: TrialFolder, data: bytes) -> dict[str, Any]:
    """The JSON that the bytes of `result.json` hold, checked; floats that JSON lacks are still texts.

    Raises:
        DamageError: not what `seal` wrote, or of another trial.
        UserError: written by a tinker with another format.
    """
    try:
        result: dict[str, Any] = json.loads(data)
        digest = result["record"]["digest"]
        unsealed = data.replace(_digest_line(digest), _digest_line(_UNSEALED))
    except (ValueError, TypeError, KeyError):
        raise DamageError(folder.result, f"is torn: {len(data):,} bytes that are not a result") from None
    if digest != hashlib.sha256(unsealed).hexdigest():
        raise DamageError(folder.result, "was changed after it was committed: its digest does not fit")
    if result["record"]["version"] != RECORD_VERSION:
        raise UserError(
            f"{folder.result}: the record has format {result['record']['version']}, but this tinker reads "
            f"{RECORD_VERSION}; use the tinker that wrote it, or another results folder"
        )
    if (result["trial_id"], result["environment_class"]) != (folder.trial_id, folder.environment_class):
        raise DamageError(folder.result, f"belongs to {result['trial_id']}/{result['environment_class']}")
    return result


def part_names(folder: TrialFolder, result: Mapping[str, Any]) -> set[str]:
    """The names of the files that a result needs beside it."""
    return {folder.part(name, result["record"]["token"]).name for name in PARTS}


def read_part(folder: TrialFolder, result: Mapping[str, Any], name: str) -> bytes:
    """The bytes of the curve, environment or code that belong to that result.

    Raises:
        DamageError: missing, or not the bytes that were committed.
    """
    path = folder.part(name, result["record"]["token"])
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DamageError(path, f"is missing, though {folder.result.name} names it") from None
    except IsADirectoryError:
        raise DamageError(path, "is a folder") from None
    if hashlib.sha256(data).hexdigest() != result["record"]["sha256"][name]:
        raise DamageError(path, f"does not hold the {name} that was committed: its sha256 does not fit")
    return data


def verify(folder: TrialFolder) -> dict[str, Any] | None:
    """The result with every byte of its record checked; None where there is none.

    Raises:
        DamageError: saying which file.
    """
    try:
        data = folder.result.read_bytes()
    except FileNotFoundError:
        return None
    except IsADirectoryError:
        raise DamageError(folder.result, "is a folder") from None
    checked = parse_result(folder, data)
    for name in PARTS:
        read_part(folder, checked, name)
    result: dict[str, Any] = decode(data)
    return result


def _digest_line(digest: str) -> bytes:
    return f'"digest": "{digest}"'.encode()


def _curve_bytes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    import pyarrow

    listed = list(rows)
    schema = pyarrow.schema(
        [
            pyarrow.field("step", pyarrow.int64(), nullable=False),
            pyarrow.field("metric", pyarrow.string(), nullable=False),
            pyarrow.field("value", pyarrow.float64(), nullable=False),
        ]
    )
    columns = [pyarrow.array([row[field.name] for row in listed], field.type) for field in schema]
    return parquet(pyarrow.Table.from_arrays(columns, schema=schema))
