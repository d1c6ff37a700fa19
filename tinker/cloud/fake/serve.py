"""The fake in the foreground, for people who want to try `--on runpod` without an account."""

from __future__ import annotations

import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tinker.cloud.extra import require_extra
from tinker.cloud.fake.catalog import KINDS
from tinker.cloud.host import Say
from tinker.cloud.pod.door import SSHD
from tinker.errors import FAILED, UserError


def serve(port: int, pods: int, cards: Sequence[str], say: Say) -> None:
    """Serves until Ctrl-C, and ends all its pods.

    Args:
        port: 0 is any that is free.
        pods: so many at a time, at most.
        cards: ids of those that are free; none given is all.

    Raises:
        UserError: what the pods need is missing, a card is unknown, the port is taken.
    """
    known = [kind.id for kind in KINDS]
    if unknown := [card for card in cards if card not in known]:
        raise UserError(f"--card {unknown[0]}: the fake has no such card; it has: {', '.join(known)}")
    if not Path(SSHD).exists():
        raise UserError(
            f"no SSH server at {SSHD}, which every pod runs: apt-get install openssh-server (macOS has one)",
            exit_code=FAILED,
        )
    require_extra()
    from tinker.cloud.fake.runpod import FakeRunPod

    with tempfile.TemporaryDirectory(prefix="tinker-fake-") as folder, _asked_to_end() as end:
        try:
            fake = FakeRunPod(Path(folder), "real", port=port, most=pods)
        except OSError as error:
            raise UserError(f"--port {port}: {error.strerror}; another one, or 0 for any that is free") from None
        for kind in known:
            fake.catalog.levels[kind] = "HIGH" if kind in cards or not cards else "NONE"
        with fake:
            say("A fake RunPod: its pods are processes of this computer, its cards are names, nothing is rented.")
            say(
                f"In another terminal:\n\n  export RUNPOD_API_BASE_URL={fake.url}\n  export RUNPOD_API_KEY={fake.key}\n"
            )
            say("and then `tinker run GRID --on runpod`. Ctrl-C here ends it, and every pod with it.")
            end.wait()
        say(f"Ended; {len(fake.pods)} pods, which would have cost {fake.meter.total():.2f} USD.")


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """Set by Ctrl-C and by what ends a program from outside."""
    asked = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in signals}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
