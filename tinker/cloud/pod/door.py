"""The SSH server of a rented machine: who gets in, and what a session sees. Comes with the order, as its keeper."""

from __future__ import annotations

import base64
import contextlib
import os
import pwd
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

#: What sessions may know of the container's environment, besides TINKER_*; secrets are left out by name.
PASSED = ("PATH", "HOME", "LD_LIBRARY_PATH", "RUNPOD_POD_ID", "RUNPOD_DC_ID", "RUNPOD_GPU_COUNT", "PIP_INDEX_URL")
SECRET = ("TINKER_HOST_KEY", "RUNPOD_API_KEY")
SSHD = "/usr/sbin/sshd"


def session_env(env: Mapping[str, str]) -> dict[str, str]:
    """What SSH sessions get, which sshd starts with an empty environment."""
    passed = {name: env[name] for name in PASSED if name in env}
    ours = {name: value for name, value in env.items() if name.startswith("TINKER_")}
    return {name: value for name, value in {**passed, **ours}.items() if name not in SECRET and "\n" not in value}


def sshd_config(home: Path, listen: str, env: Mapping[str, str], *, strict: bool, pam: bool) -> str:
    """Key login only, by our key and with our host key; forwarding to the machine's own ports only."""
    folder = home / "ssh"
    address, _, port = listen.rpartition(":")
    keys = str(folder / "authorized_keys").replace("%", "%%")  # where % begins a word of sshd's own
    quoted = (f"{name}={value}".replace("\\", "\\\\").replace('"', '\\"') for name, value in session_env(env).items())
    return f"""\
ListenAddress {address}
Port {port}
HostKey "{folder / "host_key"}"
AuthorizedKeysFile "{keys}"
PidFile none
AuthenticationMethods publickey
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM {"yes" if pam else "no"}
StrictModes {"yes" if strict else "no"}
AllowTcpForwarding local
AllowStreamLocalForwarding no
AllowAgentForwarding no
X11Forwarding no
PermitTunnel no
PermitUserRC no
PrintMotd no
MaxSessions 64
ClientAliveInterval 30
ClientAliveCountMax 4
LogLevel ERROR
SetEnv {" ".join(f'"{one}"' for one in quoted)}
"""


def prepare_ssh(home: Path, listen: str, env: Mapping[str, str]) -> list[str]:
    """Writes keys and settings; returns sshd's command."""
    folder = home / "ssh"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(folder / "host_key", base64.b64decode(env["TINKER_HOST_KEY"]))
    write_secret(folder / "authorized_keys", env["PUBLIC_KEY"].strip().encode() + b"\n")
    # sshd trusts a key file only where nobody else can write above it; a stand-in's folder may be in /tmp.
    strict = not any(above.stat().st_mode & 0o022 for above in (folder, *folder.resolve().parents))
    env = {**env, "TINKER_HOME": str(home)}
    write_secret(folder / "sshd_config", sshd_config(home, listen, env, strict=strict, pam=_locked()).encode())
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)  # where sshd gives up its rights
    return [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")]


def write_secret(path: Path, data: bytes) -> None:
    """A file that only its owner can read, whole from the moment that it is there."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    new.replace(path)


def _locked() -> bool:
    """Whether the account has a locked password, for which sshd without PAM refuses keys, too."""
    locked = f"{pwd.getpwuid(os.geteuid()).pw_name}:!"
    with contextlib.suppress(OSError):
        return any(row.startswith(locked) for row in Path("/etc/shadow").read_text().splitlines())
    return False


def find_sshd(say: Callable[[str], None], seconds: float) -> None:
    """Installs sshd where the image has none, in at most so many seconds: the machine's end must not wait for it."""
    if Path(SSHD).exists():
        return
    say("no sshd in this image: installing openssh-server")
    env = {"PATH": os.environ.get("PATH", os.defpath), "DEBIAN_FRONTEND": "noninteractive"}
    until = time.monotonic() + seconds
    for words in (("apt-get", "update"), ("apt-get", "install", "-y", "--no-install-recommends", "openssh-server")):
        try:
            left = max(0.1, until - time.monotonic())
            subprocess.run(words, env=env, stdin=subprocess.DEVNULL, timeout=left, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            say(f"`{' '.join(words)}` failed ({type(error).__name__}): home cannot get in")
            return
