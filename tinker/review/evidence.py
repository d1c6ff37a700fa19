"""What a review rests on: an analysis, where it comes from, and what else lies in its folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tinker.report.analysis import Analysis

Row = Mapping[str, Any]
#: States of a run whose outcome is known.
ENDED = ("done", "diverged")
#: Of one trial: steps and values by metric.
Points = Mapping[str, Sequence[tuple[int, float]]]


@dataclass(frozen=True)
class Place:
    """One corpus and scale of a grid.

    Attributes:
        runs: rows of trials.parquet by arm, the control's too: arms in the grid's order, rows as the table has them.
        compared: the row of each arm that decides.
    """

    corpus: str
    scale: str
    control: str
    runs: Mapping[str, Sequence[Row]]
    compared: Mapping[str, Row]

    @property
    def key(self) -> tuple[str, str]:
        """Corpus and scale."""
        return self.corpus, self.scale

    @property
    def arms(self) -> list[str]:
        """All but the control."""
        return [name for name in self.runs if name != self.control]

    def ended(self, arm: str) -> list[Row]:
        """The arm's runs whose outcome is known."""
        return [row for row in self.runs[arm] if row["status"] in ENDED]

    def own(self, arm: str) -> list[Row]:
        """Those of them that tinker ran itself."""
        return [row for row in self.ended(arm) if row["source"] is None]

    def concerned(self, arm: str) -> tuple[str, ...] | None:
        """Whom a fault of that arm makes invalid: itself, but all where it is the control."""
        return None if arm == self.control else (arm,)


@dataclass(frozen=True)
class Evidence:
    """Everything that is judged.

    Attributes:
        origin: where it was read, in words.
        from_store: whether trials come from a store, which tables beside it may lag behind.
        kept: arms with rows that such a store does not hold: of them the tables are the evidence.
        said: rows of a comparisons.parquet that lies with the trials; None if there is none.
        grid_file: what is to be the same grid, of grid.json and trials.parquet the one not judged by; None if there is
            none, or where all trials come from a store.
        looked: whether there is a looks.parquet.
        configs: of a grid that tunes, the config of each trial that the store holds; None where there is no store.
        notes: what whoever looked for it has to say.
    """

    analysis: Analysis
    origin: str
    from_store: bool = False
    said: Sequence[Row] | None = None
    grid_file: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    looked: bool = False
    configs: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def grid(self) -> Mapping[str, Any]:
        """`grid.json`."""
        return self.analysis.grid

    @cached_property
    def places(self) -> list[Place]:
        """Every corpus and scale that is planned or has rows; an arm without any row has an empty list."""
        found: dict[tuple[str, str], dict[str, list[Row]]] = {}
        for cell in self.grid["cells"]:
            found.setdefault((cell["corpus"], cell["scale"]), {}).setdefault(cell["arm"], [])
        for row in self.analysis.trials:
            found.setdefault((row["corpus"], row["scale"]), {}).setdefault(row["arm"], []).append(row)
        return [
            Place(corpus, scale, self.grid["control"], runs, self._compared(corpus, scale))
            for (corpus, scale), runs in found.items()
        ]

    @cached_property
    def imported(self) -> bool:
        """Whether all runs are from elsewhere; a grid that says so of tinker's own is taken for one that tinker ran."""
        own = any(place.own(arm) for place in self.places for arm in place.runs)
        return bool(self.grid.get("imported")) and not own

    def cells(self, place: Place, arm: str) -> list[Row]:
        """The planned trials of an arm, in the grid's order."""
        cells = (cell for cell in self.grid["cells"] if (cell["corpus"], cell["scale"]) == place.key)
        return [cell for cell in cells if cell["arm"] == arm]

    def curves(self, metrics: Collection[str]) -> dict[str, dict[str, list[tuple[int, float]]]]:
        """The points of these metrics by trial."""
        table = self.analysis.curves.select(["trial_id", "metric", "step", "value"])
        wanted = table.filter(pc.is_in(table["metric"], pa.array(sorted(metrics), pa.string())))
        found: dict[str, dict[str, list[tuple[int, float]]]] = {}
        for trial, metric, step, value in zip(*(column.to_pylist() for column in wanted.columns), strict=True):
            found.setdefault(trial, {}).setdefault(metric, []).append((step, value))
        return found

    def _compared(self, corpus: str, scale: str) -> dict[str, Row]:
        rows = (row for row in self.analysis.comparisons if row["primary"])
        return {row["arm"]: row for row in rows if (row["corpus"], row["scale"]) == (corpus, scale)}
