"""`resources.gpus: auto`: as many trials on a card as fit by what trials of this grid have needed of its memory.

Until every arm has been measured, by a pilot or by a trial that has ended, each trial has a card for itself. So the
first seed block measures, and from then on trials are packed. A trial that runs out of memory all the same is tried
again alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from tinker.grid.expand import Plan
from tinker.schedule.missing import class_of
from tinker.schedule.timing import read_timing
from tinker.spec import TrialSpec
from tinker.store.atomic import write_json
from tinker.store.lock import results_lock
from tinker.store.store import Store
from tinker.tables.grids import read_grid
from tinker.train.environment import trial_environment

#: The allocator's peak is not all: it loses some to fragments, and each process has a CUDA context and libraries.
MARGIN = 0.20
CONTEXT_BYTES = 1 << 30


@dataclass(frozen=True)
class Share:
    """What of a card a trial gets, and why: the peak of the largest arm, and the card's memory, bytes."""

    gpus: float
    arm: str
    peak_mem_bytes: int
    card_bytes: int

    @classmethod
    def of(cls, peaks: Mapping[str, int], card_bytes: int) -> Share:
        """1/k, so that k trials fit on a card. Ray counts in ten-thousandths, so it is rounded down to these."""
        arm = max(sorted(peaks), key=lambda name: peaks[name])
        each = (1 + MARGIN) * peaks[arm] + CONTEXT_BYTES
        return cls(10_000 // max(1, int(card_bytes / each)) / 10_000, arm, peaks[arm], card_bytes)

    def __str__(self) -> str:
        return (
            f"resources.gpus=auto: {self.gpus:g} of a card ({self.card_bytes / 2**30:.1f} GiB) for each trial, since "
            f"{self.arm}, the largest arm, needed {self.peak_mem_bytes / 2**30:.2f} GiB; margin: {MARGIN:.0%} and 1 GiB"
        )


class AutoShare:
    """Asked at the start and after each trial, until it knows. Then the choice is told, and stands in `grid.json`."""

    def __init__(self, plan: Plan, store: Store, say: Callable[[str], None]) -> None:
        self.plan, self.store, self.say = plan, store, say
        self.peaks: dict[str, int] = {}

    def __call__(self) -> float | None:
        """GPUs of one trial; None while an arm is not measured."""
        for cell in self.plan.cells:
            if cell.arm not in self.peaks:
                peak = self._peak(cell.spec)
                if peak is not None:
                    self.peaks[cell.arm] = peak
        if not self.plan.cells or self.peaks.keys() != {cell.arm for cell in self.plan.cells}:
            return None
        share = Share.of(self.peaks, card_bytes(self.plan.cells[0].spec))
        self.say(str(share))
        path = self.store.layout.grid(self.plan.name)
        with results_lock(self.store.layout.results):
            write_json(path, {**read_grid(path), "packing": asdict(share)})
        return share.gpus

    def _peak(self, spec: TrialSpec) -> int | None:
        row = self.store.get(spec.id, class_of(spec))
        measured = row.result["metrics"].get("peak_mem_bytes") if row is not None and row.result is not None else None
        if measured is None:
            timing = read_timing(self.store.folder(spec, class_of(spec)))
            measured = timing.peak_mem_bytes if timing is not None else None
        return None if measured is None else int(measured)


def card_bytes(spec: TrialSpec) -> int:
    """Memory of the card here; those of the workers are of the same kind, as their environment class says."""
    found: int = trial_environment(spec)["device"]["memory_bytes"]
    return found
