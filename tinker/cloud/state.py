"""What this user has rented, kept outside every results folder: `~/.local/state/tinker`, or where TINKER_STATE says.

owner                       a random word that marks this user's pods, made at first need
fleets/<fleet>/ledger.jsonl what was meant, done and spent, line by line
fleets/<fleet>/lock         held by the launcher while it lives
fleets/<fleet>/keys/        SSH keys of the fleet, readable by this user alone
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from tinker.errors import FAILED, UserError

#: Of every pod and fleet of ours, whoever's.
PREFIX = "tinker-"
OWNER = re.compile(r"[0-9a-f]{16}")
FLEET = re.compile(r"tinker-[0-9a-f]{8}")


class FleetFolder:
    """The folder of one fleet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / "lock")

    @property
    def name(self) -> str:
        """The fleet's name."""
        return self.path.name

    @property
    def ledger(self) -> Path:
        """See `tinker.cloud.ledger`."""
        return self.path / "ledger.jsonl"

    @property
    def keys(self) -> Path:
        """The folder of its SSH keys."""
        return self.path / "keys"

    def hold(self) -> bool:
        """Marks this process as the fleet's launcher, until it ends or lets go; False where another one lives."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def let_go(self) -> None:
        """Somebody else may take the fleet over."""
        self._lock.release()


class State:
    """The folder of everything."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _default()

    def owner(self) -> str:
        """The word that marks this user's pods: 16 hex digits.

        Raises:
            UserError: it cannot be kept.
        """
        file = self.path / "owner"
        try:
            _private(self.path)
            if not file.exists():
                partial = self.path / f".owner.{os.getpid()}"
                with partial.open("w") as new:
                    new.write(secrets.token_hex(8))
                    new.flush()
                    os.fsync(new.fileno())  # or a computer that crashes now would leave an owner without a name
                try:
                    os.link(partial, file)  # of two at once the first one counts
                except FileExistsError:
                    pass
                finally:
                    partial.unlink()
            word = file.read_text().strip()
        except OSError as error:
            raise UserError(
                f"{file}: who owns the pods cannot be kept there ({error.strerror}); make the folder writable, or name "
                "another one with TINKER_STATE",
                exit_code=FAILED,
            ) from None
        if not OWNER.fullmatch(word):  # pods with such a mark would be nobody's, and never found again
            raise UserError(
                f"{file}: not 16 hex digits; write back those that TINKER_OWNER of your pods has, as the web console "
                "shows, or remove the file once you have none",
                exit_code=FAILED,
            )
        return word

    def new_fleet(self) -> FleetFolder:
        """A fleet with a name that none had before."""
        folder = self.path / "fleets" / f"{PREFIX}{secrets.token_hex(4)}"
        _private(folder)
        return FleetFolder(folder)

    def fleet(self, name: str) -> FleetFolder | None:
        """The fleet of that name, if it was made here."""
        folder = self.path / "fleets" / name
        return FleetFolder(folder) if FLEET.fullmatch(name) and folder.is_dir() else None

    def fleets(self) -> Iterator[FleetFolder]:
        """All that were made here, by name."""
        for folder in sorted((self.path / "fleets").glob(f"{PREFIX}*")):
            yield FleetFolder(folder)


def _default() -> Path:
    named = os.environ.get("TINKER_STATE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "tinker"


def _private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
