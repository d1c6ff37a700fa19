"""What of a lock is missing, and what pip says where it fails. A whole environment: see the tests of `SshHost`."""

import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tinker.cloud.pod.install import EVERY, LARGE, differing, install, read_lock
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


def test_what_is_missing_is_installed_and_told_in_few_words(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = machine / "wheels"
    wheels.mkdir()
    for number in range(EVERY):
        _wheel(wheels, f"tk{number}")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    said = list(install("".join(f"tk{number}==1.0\n" for number in range(EVERY))))
    assert said[-3:] == [
        f"0 of {EVERY} packages are there",
        f"found {EVERY} packages of those that are missing",
        f"installing {EVERY} packages",
    ]


def test_only_a_large_file_is_worth_a_word() -> None:
    large = "Downloading torch-2.13.0-cp311-cp311-manylinux_2_28_x86_64.whl (880.4 MB)"
    assert LARGE.match(large).groups() == ("torch", "880.4 MB")  # type: ignore[union-attr]
    assert LARGE.match("Downloading nvidia_cudnn_cu13-9.1-py3-none-any.whl (1.2 GB)")
    assert not LARGE.match("Downloading ray-2.60.0-cp311-cp311-manylinux2014_x86_64.whl (79.1 MB)")


def _wheel(folder: Path, name: str) -> None:
    """A package with nothing in it."""
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
