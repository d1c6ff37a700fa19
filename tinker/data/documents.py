"""The user's own file, read: .txt (one document), .jsonl (one a line), .parquet (one a row)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinker.errors import ConfigError, UserError


def checksum(path: Path) -> str:
    """sha256 of the file, which `read` can read as far as its name tells.

    Raises:
        ConfigError: a path that is not there, or a format that cannot be read.
    """
    if path.suffix.lower() not in FORMATS:
        raise ConfigError(
            "data.path", f"{path} has an unknown extension {path.suffix!r}; allowed: {', '.join(FORMATS)}"
        )
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise ConfigError("data.path", f"{path.absolute()} {what}; give a {', '.join(FORMATS)} file")
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError("data.path", f"{path} cannot be read: {error}") from error


def read(path: Path, field: str | None) -> list[str]:
    """The documents of a file; `field` names the text in .jsonl and .parquet, and must be None for .txt.

    Raises:
        ConfigError: a field that is not there.
        UserError: contents that are not what the format promises, with the line or the row.
    """
    return FORMATS[path.suffix.lower()](path, field)


def split(documents: list[str], val_fraction: float) -> tuple[str, str]:
    """The first part to train on, the last to validate on; several documents stay whole, and a newline joins them."""
    whole: str | list[str] = documents[0] if len(documents) == 1 else documents
    cut = int(len(whole) * (1 - val_fraction))
    train, val = whole[:cut], whole[cut:]
    return "\n".join(train) if isinstance(train, list) else train, "\n".join(val) if isinstance(val, list) else val


def _read_txt(path: Path, field: str | None) -> list[str]:
    if field is not None:
        raise ConfigError("data.field", f"{field!r} is given, but {path} is plain text and has no fields; remove it")
    return [_decoded(path)]


def _read_jsonl(path: Path, field: str | None) -> list[str]:
    documents = []
    for number, line in enumerate(_decoded(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{where}: not a line of JSON: {error}") from error
        if not isinstance(record, dict):
            raise UserError(f"{where}: {type(record).__name__} instead of a JSON object with a field {_name(field)!r}")
        if _name(field) not in record:
            raise _missing(field, where, list(record))
        documents.append(_text(record[_name(field)], where))
    return documents


def _read_parquet(path: Path, field: str | None) -> list[str]:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        if _name(field) not in file.schema_arrow.names:
            raise _missing(field, str(path), file.schema_arrow.names)
        column = file.read(columns=[_name(field)]).column(0).to_pylist()
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a Parquet file that can be read: {error}") from error
    return [_text(value, f"{path}, row {row}") for row, value in enumerate(column, start=1)]


FORMATS: dict[str, Callable[[Path, str | None], list[str]]] = {
    ".txt": _read_txt,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def _name(field: str | None) -> str:
    return "text" if field is None else field


def _missing(field: str | None, where: str, present: list[str]) -> ConfigError:
    given = "the default 'text'" if field is None else repr(field)
    return ConfigError("data.field", f"{where} has no field {given}; it has: {', '.join(map(str, present)) or 'none'}")


def _text(value: Any, where: str) -> str:
    """
    Raises:
        UserError: no text, or text that UTF-8 cannot hold.
    """
    if not isinstance(value, str):
        raise UserError(f"{where}: {type(value).__name__} instead of text: {value!r:.40}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{where}: text with half a surrogate pair at character {error.start}") from error
    return value


def _decoded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")  # newlines stay as they are; a byte-order mark is no text
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not UTF-8 at byte {error.start} ({error.reason}); convert the file to UTF-8"
        ) from error
