"""The environment of a machine: what its image has, and from the lock what is missing there or differs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tinker.cloud.pod import place
from tinker.errors import FAILED, UserError

#: Run by the environment's own Python: name and version of what it finds, the first one found of a name.
LISTING = """
import importlib.metadata, json
found = {}
for each in importlib.metadata.distributions():
    if each.name and each.version:
        found.setdefault(each.name, each.version)
print(json.dumps(found))
"""
#: Of pip's hundreds of lines these are worth the way home: every so many packages, and files of 100 MB and more.
EVERY = 25
LARGE = re.compile(r"Downloading (\S+?)-\d\S* \((\d{3,}(?:\.\d+)? MB|\d+(?:\.\d+)? GB)\)")


def install(lock: str) -> Iterator[str]:
    """Makes the environment that the lock pins; yields what it is doing. Quick where nothing is missing.

    Raises:
        UserError: a line of the lock is no `name==version`, or pip fails; with its last words.
    """
    wanted = read_lock(lock)
    yield from _make()
    missing = _missing(wanted)
    yield f"{len(wanted) - len(missing)} of {len(wanted)} packages are there"
    if not missing:
        return
    pins = place.HOME / "lock.txt"
    pins.write_text(lock)
    words = [str(place.PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    words += ["--progress-bar", "off", "--root-user-action", "ignore", "-c", str(pins)]
    said: list[str] = []
    collected = 0
    with subprocess.Popen(
        [*words, *(f"{name}=={version}" for name, version in missing.items())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as pip:
        assert pip.stdout is not None
        for line in map(str.strip, pip.stdout):
            said = [*said[-50:], line]
            if line.startswith(("Collecting ", "Processing ")):  # the latter where it lies in a folder
                collected += 1
                if collected % EVERY == 0:
                    yield f"found {collected} packages of those that are missing"
            elif large := LARGE.match(line):
                yield f"downloading {large[1]} ({large[2]})"
            elif line.startswith("Installing collected"):
                yield f"installing {collected} packages"
    if pip.returncode:
        errors = [line for line in said if line.startswith("ERROR")] or said or [f"exit code {pip.returncode}"]
        raise UserError(f"pip cannot install {', '.join(missing)}: {errors[0]}", exit_code=FAILED)
    still = _missing(wanted)
    if still:
        raise UserError(f"pip installed the lock, but {', '.join(still)} still differ from it", exit_code=FAILED)


def read_lock(lock: str) -> dict[str, str]:
    """Version by name. Comments and empty lines are no pins."""
    wanted = {}
    for number, line in enumerate(lock.splitlines(), 1):
        words = line.split("#")[0].strip()
        if not words:
            continue
        pin = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;,]+)", words)
        if pin is None:
            raise UserError(f"lock, line {number}: `{words}` is no `name==version`", exit_code=FAILED)
        wanted[pin[1]] = pin[2]
    return wanted


def differing(wanted: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    """What of the lock is not there. A build for other hardware (`2.13.0+cu130`) is the same version."""
    there = {_normal(name): version.split("+")[0] for name, version in found.items()}
    return {name: version for name, version in wanted.items() if there.get(_normal(name)) != version.split("+")[0]}


def _normal(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _missing(wanted: dict[str, str]) -> dict[str, str]:
    return differing(wanted, json.loads(_run(str(place.PYTHON), "-c", LISTING)))


def _make() -> Iterator[str]:
    """An environment on top of the image's, with the code that was sent first on its path."""
    if not place.PYTHON.exists():
        yield f"making an environment for Python {sys.version.split()[0]}"
        # Some systems pack pip's seed apart from `venv`; the image's own pip does as well.
        _run(sys.executable, "-m", "venv", "--clear", "--system-site-packages", "--without-pip", str(place.VENV))
    site = _run(str(place.PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    lines = [f"import sys; sys.path.insert(0, {str(place.CODE)!r})"]
    if sys.prefix != sys.base_prefix:  # the image's Python is itself in an environment, which `venv` would leave out
        lines += [path for path in sys.path if path.startswith(sys.prefix) and path.endswith("-packages")]
    Path(site, "tinker-code.pth").write_text("\n".join([*lines, ""]))
    if subprocess.run((place.PYTHON, "-m", "pip", "--version"), capture_output=True).returncode:
        yield "installing pip"
        _run(str(place.PYTHON), "-m", "ensurepip")


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = ((done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise UserError(f"`{' '.join(words[1:3])}` failed: {said}", exit_code=FAILED)
    return done.stdout
