"""Keys of a fleet: one to get in, and one for each pod's server, known before the pod exists."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tinker.errors import FAILED, UserError


@dataclass(frozen=True)
class ClientKey:
    """The key by which home gets in. `path` is the private half, readable by its owner only.

    Attributes:
        public: the line for `authorized_keys`.
    """

    path: Path
    public: str


@dataclass(frozen=True)
class HostKey:
    """A server's key, made at home so that home knows whom it meets.

    Attributes:
        secret: base64 of the private half, as the pod's environment takes it; kept nowhere at home.
        public: type and key, as `known_hosts` takes them.
    """

    secret: str = field(repr=False)
    public: str


def client_key(folder: Path) -> ClientKey:
    """The fleet's key in that folder, made if it is not there yet."""
    path = folder / "id_ed25519"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made elsewhere and moved, so that a key that is there is whole.
        with tempfile.TemporaryDirectory(dir=folder) as fresh:
            _make(Path(fresh, "key"))
            Path(fresh, "key").rename(path)
    return ClientKey(path, _public(path))


def host_key() -> HostKey:
    """A new key for one pod's server."""
    with tempfile.TemporaryDirectory(prefix="tinker-") as folder:
        path = Path(folder, "key")
        _make(path)
        return HostKey(base64.b64encode(path.read_bytes()).decode(), _public(path))


def pin(known_hosts: Path, name: str, public: str) -> None:
    """Notes which key the server of that name has; a name that is noted already gets the new key."""
    lines = known_hosts.read_text().splitlines() if known_hosts.exists() else []
    kept = [line for line in lines if line.split(" ", 1)[0] != name]
    known_hosts.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = known_hosts.with_name(f"{known_hosts.name}.new")
    new.write_text("\n".join([*kept, f"{name} {public}", ""]))
    new.replace(known_hosts)


def _public(path: Path) -> str:
    """Type and key of a private key, without a comment."""
    return " ".join(_keygen("-y", "-P", "", "-f", str(path)).split()[:2])


def _make(path: Path) -> None:
    _keygen("-q", "-t", "ed25519", "-N", "", "-C", "tinker", "-f", str(path))


def _keygen(*words: str) -> str:
    """Runs ssh-keygen, which makes private keys with mode 0600."""
    try:
        done = subprocess.run(("ssh-keygen", *words), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise UserError("ssh-keygen is not installed: it makes the keys to pods; install OpenSSH's client") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UserError(f"ssh-keygen made no key: {reason}", exit_code=FAILED)
    return done.stdout
