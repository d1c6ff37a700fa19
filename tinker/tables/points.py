"""Points of learning curves: those of a trial as a place in a larger table, so that thousands are joined fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tinker.tables.once import TEXT, encoded

POINTS = pa.schema([("step", pa.int64()), ("metric", TEXT), ("value", pa.float64())])
_NONE = pa.RecordBatch.from_arrays([pa.nulls(0, field.type) for field in POINTS], schema=POINTS)


@dataclass(frozen=True, slots=True)
class Curve:
    """The `length` points from `start` of a batch that may have those of other trials too (schema `POINTS`)."""

    points: pa.RecordBatch
    start: int
    length: int

    def __len__(self) -> int:
        return self.length

    @classmethod
    def of(cls, table: pa.Table) -> Curve:
        """All points of a table, with the columns of `POINTS` among its own."""
        columns = {name: table.column(name) for name in POINTS.names}
        arrays = [columns["step"].combine_chunks(), encoded(columns["metric"]), columns["value"].combine_chunks()]
        return cls(pa.RecordBatch.from_arrays(arrays, schema=POINTS), 0, len(table))


#: Of a trial that has none.
NO_CURVE = Curve(_NONE, 0, 0)


def joined(curves: Sequence[Curve]) -> pa.RecordBatch:
    """The points of all these curves, in their order."""
    batches = {id(curve.points): curve.points for curve in curves}
    ends = np.cumsum([0, *map(len, batches.values())])
    begins = dict(zip(batches, ends.tolist(), strict=False))
    whole = whole_of(list(batches.values()))
    lengths = np.array([curve.length for curve in curves], dtype=np.int64)
    starts = np.array([begins[id(curve.points)] + curve.start for curve in curves], dtype=np.int64)
    before = np.cumsum(lengths) - lengths
    if len(whole) == lengths.sum() and np.array_equal(starts[lengths > 0], before[lengths > 0]):
        return whole
    return whole.take(pa.array(np.repeat(starts - before, lengths) + np.arange(lengths.sum())))


def whole_of(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Batches as one."""
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches([_NONE, *batches], schema=POINTS).unify_dictionaries()
    return pa.RecordBatch.from_arrays([pa.concat_arrays(column.chunks) for column in table.columns], schema=POINTS)
