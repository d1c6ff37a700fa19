"""Where a machine's SSH server answers, and how it is known: as options of OpenSSH's client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Target:
    """Where a server answers and how it is known.

    Attributes:
        name: in `known_hosts`, and in messages.
        port, user: None leaves them to the user's own settings.
        key, known_hosts: None leaves identity and trust to the user's own settings and agent.
    """

    name: str
    host: str
    port: int | None = None
    user: str | None = None
    key: Path | None = None
    known_hosts: Path | None = None

    def options(self) -> list[str]:
        """Of every ssh command to it."""
        words = ["-T", "-a", "-x"]
        settings = ["BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=10", "ServerAliveCountMax=3"]
        if self.key is not None:
            words += ["-F", "none"]
            settings += [
                f'IdentityFile="{_plain(self.key)}"',
                "IdentitiesOnly=yes",
                "IdentityAgent=none",
                "StrictHostKeyChecking=yes",
            ]
            settings += ["PasswordAuthentication=no", "KbdInteractiveAuthentication=no"]
        if self.known_hosts is not None:
            settings += [f'UserKnownHostsFile="{_plain(self.known_hosts)}"', "GlobalKnownHostsFile=/dev/null"]
            settings += [f"HostKeyAlias={self.name}", "UpdateHostKeys=no", "CheckHostIP=no", "LogLevel=ERROR"]
        words += [part for setting in settings for part in ("-o", setting)]
        words += ["-p", str(self.port)] if self.port is not None else []
        words += ["-l", self.user] if self.user is not None else []
        return words


def _plain(path: Path) -> str:
    """A path in ssh's settings, where % begins a word of its own."""
    return str(path.absolute()).replace("%", "%%")
