"""A folder of safetensors: in one file, or in shards with an index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor

from tinker.errors import UserError
from tinker.pretrained.published import NAME

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
CHUNK = 1 << 22  # bytes


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights; other safetensors beside them (another format's copy) do not count.

    Raises:
        UserError: none, or shards of the index that are not there.
    """
    index = folder / INDEX
    if index.is_file():
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise UserError(f"{index}: not an index of safetensors ({error!r}): no weight_map in it") from None
        absent = [name for name in names if not (folder / name).is_file()]
        if absent:
            raise UserError(f"{folder}: {INDEX} names shards that are not there: {', '.join(absent)}; copy them too")
        return [folder / name for name in names]
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    raise UserError(f"{folder}: neither {SINGLE} nor {INDEX} in it; give a folder of safetensors")


def pretrained_fingerprint(folder: Path) -> str:
    """16 hex digits that stand for the weights and what they mean: the files' names and bytes, and config.json's.

    Raises:
        UserError: no weights or no config.json there.
    """
    digest = hashlib.sha256()
    if not (folder / NAME).is_file():
        raise UserError(f"{folder}: no {NAME} in it; give a folder with {NAME} and safetensors")
    for path in (folder / NAME, *weight_files(folder)):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()[:16]


class Weights:
    """The tensors of a folder, read one by one: a context manager that holds its files open.

    Attributes:
        shapes: of each tensor by its name in the files, less `prefix`.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._files = weight_files(folder)
        self._prefix = prefix
        self._stack = ExitStack()
        self._owners: dict[str, tuple[Any, str]] = {}
        self.shapes: Mapping[str, torch.Size] = {}

    def __enter__(self) -> Self:
        """
        Raises:
            UserError: a file that is no safetensors, or a tensor that is in two of them.
        """
        from safetensors import SafetensorError, safe_open

        shapes: dict[str, torch.Size] = {}
        for path in self._files:
            try:
                file = self._stack.enter_context(safe_open(path, "pt"))
            except (SafetensorError, OSError) as error:
                self._stack.close()
                raise UserError(f"{path}: not a file of safetensors, or cut short: {error}") from None
            for full in file.keys():  # noqa: SIM118 - no mapping
                name = full.removeprefix(self._prefix)
                if name in shapes:
                    self._stack.close()
                    raise UserError(f"{path}: {full} is there twice")
                shapes[name] = torch.Size(file.get_slice(full).get_shape())
                self._owners[name] = (file, full)
        self.shapes = shapes
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def read(self, name: str) -> Tensor:
        """The tensor, in fp32 whatever the precision of the file."""
        file, full = self._owners[name]
        tensor: Tensor = file.get_tensor(full)
        return tensor.to(torch.float32)
