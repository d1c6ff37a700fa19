"""What a worker's trial has written, on its way to the driver's machine."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import BinaryIO

from tinker.schedule.depot import CHUNK, Stamp, stamp_of, stamps
from tinker.schedule.far import Far
from tinker.store.layout import TrialFolder
from tinker.train.checkpoint import BEST, LAST, TAIL

#: A file of the right name may be newer than the checkpoint that tells of it, and never older.
_FIRST_OPENED = {f"checkpoint/{name}": place for place, name in enumerate((LAST, TAIL, BEST))}


class Sending:
    """What of a trial's folder is over there already, and the rest on its way."""

    def __init__(self, far: Far, folder: TrialFolder, trial: str, turn: int, known: dict[str, Stamp]) -> None:
        self.far, self.folder, self.trial, self.turn, self.known = far, folder.path, trial, turn, known

    def all(self) -> None:
        """Sends what has changed, the largest last, and says what was removed.

        A checkpoint that tells of another file is opened before that and sent after it, so that over there too a last
        checkpoint stands for all.
        """
        here = stamps(self.folder)
        changed = [name for name, stamp in here.items() if self.known.get(name) != stamp]
        opened: list[tuple[str, BinaryIO]] = []
        try:
            for name in sorted(changed, key=lambda name: _FIRST_OPENED.get(name, len(_FIRST_OPENED))):
                with suppress(FileNotFoundError):  # replaced or removed since
                    opened.append((name, (self.folder / name).open("rb")))
            for name, file in reversed(opened):
                self._send(name, file)
        finally:
            for _, file in opened:
                file.close()
        for name in self.known.keys() - stamps(self.folder).keys():
            self.far.remove(self.trial, self.turn, name)
            del self.known[name]

    def _send(self, name: str, file: BinaryIO) -> None:
        stamp, offset = stamp_of(os.fstat(file.fileno())), 0
        while True:
            piece = file.read(min(CHUNK, stamp[0] - offset))
            last = offset + len(piece) >= stamp[0] or not piece
            self.far.write(self.trial, self.turn, name, offset, piece, stamp[1] if last else None)
            offset += len(piece)
            if last:
                break
        self.known[name] = stamp
