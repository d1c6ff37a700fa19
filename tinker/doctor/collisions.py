"""Others by the names of `tinker` and `model`: distributions in this environment, and files in the current folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath

from tinker.doctor.finding import Finding

OURS = "tinker-matrix"
PACKAGES = ("tinker", "model")
COMMAND = "tinker"


def collisions(folder: Path | None = None) -> Iterator[Finding]:
    """Everything that could be taken for a part of tinker, or hide one; one `ok` where there is nothing."""
    found = [
        *other_distributions(distributions()),
        *other_commands(shutil.which(COMMAND), Path(sys.prefix)),
        *shadows(folder or Path.cwd()),
    ]
    yield from found or [Finding("names", "ok", "nothing else is called tinker or model here")]


def other_distributions(installed: Iterable[Distribution]) -> Iterator[Finding]:
    """Distributions that bring a package `tinker` or `model`, or a command `tinker`: files of ours may be theirs."""
    for other in installed:
        name = other.name
        if name.lower().replace("_", "-") == OURS:
            continue
        brings = [f"the package {package}" for package in PACKAGES if package in _packages(other)]
        if any(e.group == "console_scripts" and e.name == COMMAND for e in other.entry_points):
            brings.append(f"the command {COMMAND}")
        if brings:
            found = f"the distribution {name} {other.version} brings {' and '.join(brings)}"
            advice = f"pip uninstall {name}, then install tinker again; or give tinker an environment of its own"
            yield Finding("names", "warning", found, advice)


def other_commands(command: str | None, prefix: Path) -> Iterator[Finding]:
    """A command `tinker` of another environment that comes first on the PATH."""
    if command is not None and not Path(command).absolute().is_relative_to(prefix.absolute()):
        advice = f"activate this environment, or call {prefix / 'bin' / COMMAND}"
        yield Finding("names", "warning", f"`{COMMAND}` on the PATH is {command}, of another environment", advice)


def shadows(folder: Path) -> Iterator[Finding]:
    """Modules in the current folder that Python, or a worker of Ray, would import in place of ours."""
    ours = Path(__file__).resolve().parents[2]
    if folder.resolve() == ours:
        return
    for package in PACKAGES:
        for path in (folder / f"{package}.py", folder / package / "__init__.py"):
            if path.is_file():
                advice = "rename it, or work in another folder: it can be imported in place of tinker's own"
                yield Finding("names", "warning", f"{path} has the name of a package of tinker", advice)


def _packages(distribution: Distribution) -> set[str]:
    """Top-level import packages, from the list of installed files, else from `top_level.txt`."""
    tops = {_top(PurePosixPath(str(file))) for file in distribution.files or ()}
    return tops | set((distribution.read_text("top_level.txt") or "").split())


def _top(file: PurePosixPath) -> str:
    return file.stem if len(file.parts) == 1 and file.suffix == ".py" else file.parts[0]
