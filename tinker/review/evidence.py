"""What a review rests on: an analysis, where it comes from, and what else lies in its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tinker.report.analysis import Analysis

Row = Mapping[str, Any]
#: States of a run whose outcome is known.
ENDED = ("done", "diverged")


@dataclass(frozen=True)
class Place:
    """One corpus and scale of a grid.

    Attributes:
        runs: rows of trials.parquet by arm, the control's too, in the grid's order.
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

    def concerned(self, arm: str) -> tuple[str, ...] | None:
        """Whom a fault of that arm makes invalid: itself, but all where it is the control."""
        return None if arm == self.control else (arm,)


@dataclass(frozen=True)
class Evidence:
    """Everything that is judged.

    Attributes:
        origin: where it was read, in words.
        from_store: whether trials come from a store, which tables beside it may lag behind.
        said: rows of a comparisons.parquet that lies with the trials; None if there is none.
        grid_file: the grid.json that lies with the trials; None if there is none.
        notes: what whoever looked for it has to say.
    """

    analysis: Analysis
    origin: str
    from_store: bool = False
    said: Sequence[Row] | None = None
    grid_file: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

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

    def _compared(self, corpus: str, scale: str) -> dict[str, Row]:
        rows = (row for row in self.analysis.comparisons if row["primary"])
        return {row["arm"]: row for row in rows if (row["corpus"], row["scale"]) == (corpus, scale)}
