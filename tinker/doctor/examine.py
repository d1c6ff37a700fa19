"""All checks, in the order in which they are read."""

from __future__ import annotations

from pathlib import Path

from tinker.doctor import collisions, corpora, hardware, libraries, room
from tinker.doctor.finding import Finding


def examine(results: Path) -> list[Finding]:
    """Everything about this machine; takes as long as importing PyTorch, Lightning and Ray does."""
    return [
        libraries.python(),
        hardware.torch(),
        hardware.accelerator(),
        *hardware.products(),
        *libraries.needed(),
        room.results_folder(results),
        room.shared_memory(),
        *corpora.corpora(),
        *collisions.collisions(),
        *libraries.extras(),
    ]


def can_run(findings: list[Finding]) -> bool:
    """Whether the main job, a grid on the embedded corpus, can run."""
    return all(finding.state != "missing" for finding in findings)
