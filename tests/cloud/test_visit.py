"""Machines of one's own: their addresses, and what is left of a run on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinker.cloud.attach import attach, down
from tinker.cloud.ledger import Ledger
from tinker.cloud.reach.host import OwnHost
from tinker.cloud.reach.ray_host import RayHost
from tinker.cloud.state import State
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


def test_a_machine_whose_run_was_never_begun_is_named_and_closed_without_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("RUNPOD_API_KEY", raising=False)
    folder = State().new_fleet()
    Ledger(folder.ledger).write("fleet", name=folder.name, on="ssh://host", begun=0.0)
    with pytest.raises(UserError, match=f"{folder.name}: fleets with a run that goes on: none"):
        attach(folder.name, print)
    said: list[str] = []
    assert down(folder.name, said.append) == 0
    assert "nothing of it was rented" in said[0]
    assert Ledger(folder.ledger).account.closed
