"""What of a lock is missing, and what pip says where it fails. A whole environment: see the tests of `SshHost`."""

from importlib.metadata import version
from pathlib import Path

import pytest

from tinker.cloud.pod.install import differing, install, read_lock
from tinker.errors import UserError


def test_a_lock_is_pins_and_comments() -> None:
    assert read_lock("# made so\n\ntorch==2.13.0\nray==2.60.0  # why\n") == {"torch": "2.13.0", "ray": "2.60.0"}


@pytest.mark.parametrize("line", ["torch>=2", "torch", "-r other.txt", "torch==2.13.0 ; python_version > '3'"])
def test_anything_else_in_a_lock_is_refused(line: str) -> None:
    with pytest.raises(UserError, match=r"lock, line 2: .* is no `name==version`"):
        read_lock(f"ray==2.60.0\n{line}\n")


def test_a_build_for_other_hardware_is_the_same_version() -> None:
    found = {"torch": "2.13.0+cu130", "Typing_Extensions": "4.0", "numpy": "2.0"}
    assert differing({"torch": "2.13.0", "typing-extensions": "4.0", "numpy": "2.1", "ray": "1"}, found) == {
        "numpy": "2.1",
        "ray": "1",
    }


def test_pips_last_words_are_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lines = install(f"numpy=={version('numpy')}\nno-such-thing-at-all==1.0\n")
    with pytest.raises(UserError, match=r"pip cannot install no-such-thing-at-all: ERROR: .*no-such-thing"):
        for line in lines:
            last = line
    assert last == "1 of 2 packages are there"
    assert (machine / "venv").is_dir()
