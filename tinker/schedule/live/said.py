"""What a driver tells of itself to whoever asks from another terminal: the board in plain data, of bounded size."""

from __future__ import annotations

from typing import Any

from tinker.schedule.live.board import Board

#: Grids and running trials that are named, and letters of a cause.
MOST, LETTERS = 50, 300


def said(board: Board) -> dict[str, Any]:
    """For `Presence.say`: seconds, dollars, trials an hour; null for what nobody knows yet."""
    return {
        "grids": [
            {"name": state.name, "phase": state.phase, "words": state.words, "counts": dict(state.counts)}
            for state in list(board.grids.values())[:MOST]
        ],
        "running": [
            {
                "trial": trial,
                "grid": board.grid_of(trial),
                "label": one.job.label,
                "task": one.task,
                "fraction": one.pace.now,
            }
            for trial, one in list(board.running.items())[:MOST]
        ],
        "rate": board.pace.rate(board.clock()),
        "left": board.left,
        "spent": board.spent,
        "failures": [
            {
                "trial": one.trial,
                "label": one.label,
                "cause": one.cause[:LETTERS],
                "log": str(one.log) if one.log else None,
            }
            for one in board.failures
        ],
    }
