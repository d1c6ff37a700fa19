"""What a machine gets to run a grid as home would: code, the grid with the files that it names, data, earlier results.

A tar.gz of folders, unpacked where all lies there: code/ with git.json, work/ (it stands for the current folder here),
data/, results/. Equal input makes equal bytes.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tinker.cloud.pod import tree
from tinker.cloud.reach.needs import Needs, needs_of
from tinker.errors import UserError
from tinker.provenance.git import git_state
from tinker.store.strict_json import encode

#: Bytes of all files together.
MOST = 2 * 10**9


@dataclass(frozen=True)
class Piece:
    """A file by its name in the bundle: one of home's, or text made here. Earlier results keep their times (ns), by
    which both sides know that they have the same."""

    name: str
    path: Path | None = None
    text: bytes = b""
    changed: int = 0

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.text) if self.path is None else self.path.stat().st_size


def bundle(grid_file: Path, overrides: Sequence[str], results: Path) -> bytes:
    """The tar.gz for that grid, from what its folder and the results hold now.

    Raises:
        UserError: a file that the grid names is missing or outside the current folder, or all is too large.
    """
    pieces = sorted(_pieces(needs_of(grid_file, overrides, results)), key=lambda piece: piece.name)
    _check_size(pieces)
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for piece in pieces:
            _add(tar, piece)
    return packed.getvalue()


def packages() -> Path:
    """The folder that the packages were imported from: a checkout, or one with other installed packages in it.

    Raises:
        UserError: they do not lie side by side.
    """
    found = [find_spec(package) for package in tree.PACKAGES]
    folders = {Path(str(spec.origin)).resolve().parents[1] for spec in found if spec is not None}
    if len(folders) > 1:
        raise UserError(f"the packages model and tinker must lie in one folder to be sent: {sorted(map(str, folders))}")
    return folders.pop()


def _pieces(needs: Needs) -> Iterator[Piece]:
    for name, path in tree.files(packages()):
        yield Piece(f"code/{name}", path)
    yield Piece("code/git.json", text=encode(git_state()))
    for name, path in needs.work.items():
        yield Piece(f"work/{name}", path)
    for name, text in needs.data.items():
        yield Piece(f"data/{name}", text=text)
    for name, path in needs.results.items():
        yield Piece(f"results/{name}", path, changed=path.stat().st_mtime_ns)


def _check_size(pieces: Sequence[Piece]) -> None:
    sizes = {piece.name: piece.size for piece in pieces}
    if sum(sizes.values()) > MOST:
        largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
        named = ", ".join(f"{name} ({sizes[name] / 1e9:.2f} GB)" for name in largest)
        raise UserError(
            f"what would be sent has {sum(sizes.values()) / 1e9:.2f} GB, and {MOST / 1e9:g} GB are allowed; the "
            f"largest files are {named}: make them smaller, or remove checkpoints that nobody needs"
        )


def _add(tar: tarfile.TarFile, piece: Piece) -> None:
    content = piece.text if piece.path is None else piece.path.read_bytes()
    info = tarfile.TarInfo(piece.name)
    info.size, info.mode = len(content), 0o644
    if piece.changed:
        seconds, rest = divmod(piece.changed, 10**9)
        info.pax_headers = {"mtime": f"{seconds}.{rest:09d}"}
    tar.addfile(info, io.BytesIO(content))
