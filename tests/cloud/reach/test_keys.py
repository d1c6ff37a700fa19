"""Keys of a fleet."""

import base64
from pathlib import Path

import pytest

from tinker.cloud.reach.keys import client_key, host_key, pin
from tinker.errors import UserError


def test_a_fleet_has_one_key_that_nobody_else_can_read(tmp_path: Path) -> None:
    key = client_key(tmp_path / "new")
    assert key == client_key(tmp_path / "new")
    assert key.path.stat().st_mode & 0o777 == 0o600
    assert key.public.startswith("ssh-ed25519 ")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["id_ed25519"]


def test_a_servers_private_key_is_in_no_repr() -> None:
    key = host_key()
    assert key.secret not in repr(key)
    assert base64.b64decode(key.secret).startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    assert host_key() != key


def test_a_name_has_one_key(tmp_path: Path) -> None:
    known = tmp_path / "new" / "known_hosts"
    pin(known, "a", "ssh-ed25519 one")
    pin(known, "ab", "ssh-ed25519 two")
    pin(known, "a", "ssh-ed25519 three")
    assert known.read_text() == "ab ssh-ed25519 two\na ssh-ed25519 three\n"


def test_a_missing_ssh_keygen_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="ssh-keygen is not installed"):
        client_key(tmp_path)
