"""Whether a run is to end early, and why: Ctrl-C, `tinker stop`, or a store that cannot be written any more."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tinker.errors import FAILED, UserError
from tinker.schedule.course import Course
from tinker.store.atomic import explained
from tinker.store.presence import Presence

#: Seconds that running trials get to save themselves.
GRACE = 30.0


class Stopping:
    """Of one run over some courses.

    Attributes:
        why: in words; None while the run goes on.
        broken: the error that made the store unwritable; it is for the end of the run.
    """

    def __init__(self, presence: Presence, courses: Sequence[Course]) -> None:
        self.presence, self.courses = presence, courses
        self.why: str | None = None
        self.broken: UserError | None = None
        self._at, self._signalled = 0.0, False

    @property
    def grace_over(self) -> bool:
        """Whether trials that were asked to save themselves had their time."""
        return time.monotonic() - self._at >= GRACE

    def heed(self) -> bool:
        """Takes up a signal that came meanwhile; whether the run is to end.

        To be asked where everything is whole: a signal comes in the middle of anything.
        """
        if self._signalled:
            self.stop("interrupted")
        return self.why is not None

    def stop(self, why: str) -> None:
        """Asks running trials to save themselves; nothing further starts."""
        if self.why is None:
            self._at, self.why = time.monotonic(), why
            for course in self.courses:
                self.stop_grid(course, why)

    def stop_grid(self, course: Course, why: str) -> None:
        """The same for one grid."""
        course.stop(why)
        path = self.file(course)
        with self.storing(), explained(path, 0):
            path.touch()

    def file(self, course: Course) -> Path:
        """When it appears, workers of that grid save their trial and return."""
        return self.presence.stop_file.with_suffix(f".{self.courses.index(course)}.stop")

    def clear(self) -> None:
        """Removes those files; one that will not go is left to `tinker doctor --store`."""
        for course in self.courses:
            with suppress(OSError):
                self.file(course).unlink(missing_ok=True)

    @contextmanager
    def storing(self) -> Iterator[None]:
        """A store that cannot be written (a full disk, say) stops the run; what is stored stays."""
        try:
            yield
        except BrokenPipeError:  # nobody reads what the run says, which is no trouble with a disk
            raise
        except (UserError, OSError) as error:
            if self.broken is None:
                self.broken = error if isinstance(error, UserError) else _unusable(error)
                self.stop("the store cannot be written")

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM stop the run cleanly; a second one ends it at once."""

        def on_signal(number: int, frame: FrameType | None) -> None:
            if self._signalled or self.why is not None:
                raise KeyboardInterrupt
            self._signalled = True

        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _unusable(error: OSError) -> UserError:
    return UserError(
        f"the results folder cannot be used: {error}; look after its disk or server, and run the same command again: "
        "finished trials are kept",
        exit_code=FAILED,
    )
