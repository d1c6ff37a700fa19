"""Addresses of machines of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.cloud.reach.host import OwnHost
from tinker.cloud.reach.ray_host import RayHost
from tinker.cloud.visit import host_at
from tinker.errors import USAGE, UserError
from tinker.grid.fleet import Fleet


@pytest.mark.parametrize(
    ("on", "kind"), [("ray://h", RayHost), ("ray://h:1", RayHost), ("ssh://me@h", OwnHost), ("ssh://h:22", OwnHost)]
)
def test_an_address_is_a_machine_of_its_kind(tmp_path: Path, on: str, kind: type) -> None:
    host = host_at(on, "tinker-1", tmp_path, Fleet())
    assert isinstance(host, kind)
    host.close()


@pytest.mark.parametrize(
    "on", ["ray://me@h", "ray://h:", "ray://h:x", "ray://h:0", "ssh://h:99999", "ssh://h/x", "ssh://@"]
)
def test_what_is_no_address_is_refused(tmp_path: Path, on: str) -> None:
    with pytest.raises(UserError, match="not an address; write") as refused:
        host_at(on, "tinker-1", tmp_path, Fleet())
    assert refused.value.exit_code == USAGE
