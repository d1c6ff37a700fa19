"""What is recorded of a machine that was rented, and of code that was sent there without its history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinker.errors import UserError
from tinker.provenance.environment import environment, environment_class
from tinker.provenance.git import git_state
from tinker.provenance.rented import KEYS, rented

MACHINE = {
    "fleet": "f", "pod": "f-1", "card": "RTX 4090", "cloud": "SECURE", "data_center": "EU-RO-1", "image": "an/image:1",
    "usd_per_hour": 0.69, "gpus": 1,
}  # fmt: skip
SENT = {"commit": "c0ffee", "diff": "+1", "diff_cut": False, "untracked": []}


def test_a_machine_of_ones_own_is_not_rented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINKER_RENTED", raising=False)
    assert rented() is None
    assert environment("cpu", 1, "fp32", "eager")["rented"] is None


def test_a_rented_machine_says_where_and_for_how_much_and_keeps_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TINKER_RENTED", raising=False)
    home = environment("cpu", 1, "fp32", "eager")
    path = tmp_path / "rented"
    path.write_text(json.dumps(MACHINE | {"owner": "not recorded"}))
    monkeypatch.setenv("TINKER_RENTED", str(path))
    away = environment("cpu", 1, "fp32", "eager")
    assert away["rented"] == MACHINE
    assert tuple(MACHINE) == KEYS
    assert environment_class(away) == environment_class(home)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"fleet": "f"}'])
def test_a_record_of_a_rented_machine_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "rented"
    path.write_text(text)
    monkeypatch.setenv("TINKER_RENTED", str(path))
    with pytest.raises(UserError, match="TINKER_RENTED"):
        rented()


@pytest.mark.parametrize("state", [SENT, None])
def test_sent_code_has_the_commit_of_its_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: object) -> None:
    path = tmp_path / "git.json"
    path.write_text(json.dumps(state))
    monkeypatch.setenv("TINKER_GIT", str(path))
    assert git_state.__wrapped__(tmp_path) == state


@pytest.mark.parametrize("text", ["", "[]", "{}", '"f00"', '{"commit": "f00"}'])
def test_a_record_of_the_sender_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    path = tmp_path / "git.json"
    path.write_text(text)
    monkeypatch.setenv("TINKER_GIT", str(path))
    with pytest.raises(UserError, match="TINKER_GIT"):
        git_state.__wrapped__(tmp_path)
