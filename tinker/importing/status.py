"""What other tools call the state of a run, in tinker's words."""

from __future__ import annotations

from collections.abc import Iterable

from tinker.errors import UserError

WORDS = {
    "done": ("done", "finished", "completed", "complete", "succeeded", "success", "terminated"),
    "failed": ("failed", "failure", "crashed", "error", "killed", "preempted", "preempting"),
    "running": ("running",),
    "pending": ("pending", "queued", "paused"),
    "diverged": ("diverged", "nan"),
}
OURS = {word: ours for ours, words in WORDS.items() for word in words}


def known(words: Iterable[str], where: str) -> dict[str, str]:
    """tinker's word for each of these, in any case.

    Raises:
        UserError: words that are not known, all of them, with those that are.
    """
    found = {word: OURS.get(word.lower()) for word in words}
    strange = sorted(word for word, ours in found.items() if ours is None)
    if strange:
        allowed = "; ".join(f"{ours}: {', '.join(words)}" for ours, words in WORDS.items())
        raise UserError(f"{where}: unknown states: {', '.join(map(repr, strange))}; known are, for {allowed}")
    return {word: ours for word, ours in found.items() if ours is not None}
