"""The exact versions that a machine needs to compute as home does: one `name==version` a line."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement

from tinker.cloud.reach.bundle import packages
from tinker.errors import FAILED, UserError

OURS = "tinker-matrix"
#: Of ours, what a grid may need and not every home has; each is taken where all of it is installed here.
EXTRAS = ("lora", "qlora", "wandb", "mlflow")
#: Of a cluster of several machines: its Jobs API.
RAY = "ray[default]"
#: Come with the machine, or with its own build of PyTorch.
OF_THE_MACHINE = re.compile(r"(nvidia|cuda)-.*|triton")
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"}


def lock() -> str:
    """
    Raises:
        UserError: something that tinker needs is not installed here, so that no version of it is known.
    """
    found: dict[str, str] = {}
    try:
        own, extras = _own()
        _follow(own, found)
    except PackageNotFoundError as error:
        raise UserError(
            f"{error.name}: not installed here, so that nobody can say which version machines are to have; install "
            "it, with all that tinker requires (`pip install -e .` in a checkout)",
            exit_code=FAILED,
        ) from None
    for extra in (*(extras.get(name, []) for name in EXTRAS), [RAY]):
        more = dict(found)
        try:
            _follow(extra, more)
        except PackageNotFoundError:
            continue  # this home does not have it, and so no grid of it needs it
        found = more
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()))


def _own() -> tuple[list[str], dict[str, list[str]]]:
    """What tinker itself requires, always and by extra: as a checkout says now, or as it was installed."""
    checkout = packages() / "pyproject.toml"
    if checkout.is_file():
        project = tomllib.loads(checkout.read_text(encoding="utf-8"))["project"]
        return project["dependencies"], project["optional-dependencies"]
    needs = [Requirement(line) for line in distribution(OURS).requires or ()]
    own = [str(need) for need in needs if _holds(need, {"extra": ""})]
    extras = {name: [str(need) for need in needs if _holds(need, {"extra": name})] for name in EXTRAS}
    return own, extras


def _follow(wanted: list[str], found: dict[str, str]) -> None:
    """Adds what these requirements need on Linux, themselves included, with the versions that are installed here."""
    there = {name: str(value) for name, value in default_environment().items()} | LINUX
    waiting = [(Requirement(each), True) for each in wanted]
    seen = set[tuple[str, frozenset[str]]]()
    while waiting:
        asked, here_too = waiting.pop()
        name = _normal(asked.name)
        if OF_THE_MACHINE.fullmatch(name) or (name, frozenset(asked.extras)) in seen:
            continue
        seen.add((name, frozenset(asked.extras)))
        installed = _installed(asked.name)
        if installed is None:
            if not here_too:  # pip chooses the version
                continue
            raise PackageNotFoundError(asked.name)
        found[name] = installed.version.split("+")[0]
        for line in installed.requires or ():
            need = Requirement(line)
            on = [extra for extra in ("", *sorted(asked.extras)) if _holds(need, {**there, "extra": extra})]
            if on:
                here = any(_holds(need, {"extra": extra}) for extra in on)
                waiting.append((need, here))


def _holds(need: Requirement, environment: dict[str, str]) -> bool:
    return need.marker is None or need.marker.evaluate(environment)


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _normal(name: str) -> str:
    """As package indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()
