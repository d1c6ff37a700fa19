"""Links: which of our parameters and which tensor of a file hold the same numbers, and how they differ in form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Link:
    """One tensor of a file and the parameters that it holds.

    Attributes:
        theirs: name in the file, less the layout's prefix.
        ours: paths of parameters.
        load: the file's tensor -> the parameters, in the order of `ours`.
        save: the parameters -> the file's tensor; also works on meta tensors, for shapes.
    """

    theirs: str
    ours: tuple[str, ...]
    load: Callable[[Tensor], Sequence[Tensor]]
    save: Callable[[Sequence[Tensor]], Tensor]


def same(theirs: str, ours: str) -> Link:
    """Number for number."""
    return Link(theirs, (ours,), lambda tensor: (tensor,), lambda ours: ours[0])


def transposed(theirs: str, ours: str) -> Link:
    """A matrix (in, out) in the file, (out, in) here."""
    return Link(theirs, (ours,), lambda tensor: (tensor.mT,), lambda ours: ours[0].mT)


def shifted(theirs: str, ours: str, by: float) -> Link:
    """Here there is `by` more: of a gain that the file counts from 0 and we from 1, that is 1."""
    return Link(theirs, (ours,), lambda tensor: (tensor + by,), lambda ours: ours[0] - by)


def scaled(theirs: str, ours: str, factor: float) -> Link:
    """Here there is `factor` times as much."""
    return Link(theirs, (ours,), lambda tensor: (tensor * factor,), lambda ours: ours[0] / factor)


def reordered(theirs: str, ours: str, rows: Tensor, factor: float = 1.0) -> Link:
    """Row i here is `factor` times row `rows[i]` of the file; a permutation."""
    return Link(
        theirs,
        (ours,),
        lambda tensor: (tensor[rows] * factor,),
        lambda ours: _rows(ours[0], rows.argsort()) / factor,
    )


def stacked(
    theirs: str, ours: Sequence[str], sizes: Sequence[int], *, transpose: bool = False, rows: Tensor | None = None
) -> Link:
    """Several parameters, of `sizes` rows each, one below the other; with `transpose` side by side, each (in, out).

    Of rows that are there in another order, row i here is row `rows[i]` of the file.
    """
    order = torch.arange(sum(sizes)) if rows is None else rows

    def load(tensor: Tensor) -> Sequence[Tensor]:
        return torch.split((tensor.mT if transpose else tensor)[order], list(sizes))

    def save(parts: Sequence[Tensor]) -> Tensor:
        whole = _rows(torch.cat(list(parts)), order.argsort())
        return whole.mT if transpose else whole

    return Link(theirs, tuple(ours), load, save)


def _rows(tensor: Tensor, order: Tensor) -> Tensor:
    return tensor[order.to(tensor.device)]
