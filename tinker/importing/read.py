"""Reads a file of runs in whatever format it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tinker.errors import UserError
from tinker.importing.delimited import read_csv
from tinker.importing.parquet_file import read_parquet
from tinker.importing.ray_folder import read_ray
from tinker.importing.records import read_jsonl
from tinker.importing.request import Kind
from tinker.importing.sheet import Sheet
from tinker.importing.wandb_export import read_wandb, told

READERS: dict[Kind, Callable[[Path], Sheet]] = {
    "csv": read_csv, "parquet": read_parquet, "jsonl": read_jsonl, "wandb": read_wandb, "ray": read_ray,
}  # fmt: skip
ENDINGS: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "jsonl",
}  # fmt: skip


def read(path: Path, kind: Kind | None) -> Sheet:
    """The rows of a file (a folder of Ray Tune); without a `kind`, by its ending, and W&B's exports by their columns.

    Raises:
        UserError: nothing there, an ending that says nothing, or a file that cannot be read.
    """
    if not path.exists():
        raise UserError(f"{path}: there is no such file or folder")
    if kind is not None:
        if path.is_dir() and kind != "ray":
            raise UserError(f"{path}: a folder; only --from ray reads one")
        return READERS[kind](path)
    if path.is_dir():
        return read_ray(path)
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"{path}: the ending does not tell the format; say --from {', '.join(READERS)}")
    sheet = READERS[ENDINGS[ending]](path)
    return told(sheet) if ENDINGS[ending] == "csv" else sheet
