"""Imports point one way: model <- data, config, train <- schedule <- cli; what reads tables stays light.

Read from the sources; nothing is imported. What a module reaches when it is imported leaves out the imports inside its
functions; what a package may name at all counts them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "lightning", "ray", "optuna")
#: Read by reports, by `--help` and where torch is not installed.
LIGHT = (
    "model.registry",
    "model.slots",
    "tinker.cli",
    "tinker.cloud",
    "tinker.errors",
    "tinker.grid.decide",
    "tinker.grid.load",
    "tinker.grid.schema",
    "tinker.importing",
    "tinker.noise",
    "tinker.report",
    "tinker.review",
    "tinker.spec",
    "tinker.status",
    "tinker.stats",
    "tinker.store",
    "tinker.tables",
)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for package in ("model", "tinker") for path in sorted((ROOT / package).rglob("*.py"))}


def below(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _statements(node: ast.AST, *, lazy: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """Import statements; those inside functions only if `lazy`, and never those for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif lazy or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _statements(child, lazy=lazy)


@cache
def imports(name: str, lazy: bool) -> frozenset[str]:
    """The modules that a module of ours names, parents of ours included; libraries by their top-level name."""
    found: set[str] = set()
    for statement in _statements(ast.parse(MODULES[name].read_text()), lazy=lazy):
        if isinstance(statement, ast.Import):
            named = [alias.name for alias in statement.names]
        else:
            assert statement.level == 0, f"{name}: a relative import"
            module = statement.module or ""
            named = [module, *(f"{module}.{alias.name}" for alias in statement.names)]
        for one in named:
            if not below(one, "model", "tinker"):
                found.add(one.partition(".")[0])
            elif one in MODULES:
                parts = one.split(".")
                found |= {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return frozenset(found)


def reached(name: str) -> dict[str, tuple[str, ...]]:
    """Everything that importing a module imports, with the way there."""
    ways: dict[str, tuple[str, ...]] = {name: (name,)}
    queue = [name]
    while queue:
        here = queue.pop()
        for found in imports(here, lazy=False) if here in MODULES else ():
            if found not in ways:
                ways[found] = (*ways[here], found)
                queue.append(found)
    return ways


@pytest.mark.parametrize("name", [name for name in MODULES if below(name, *LIGHT)])
def test_a_light_module_reaches_no_heavy_library_at_import(name: str) -> None:
    ways = reached(name)
    assert [" -> ".join(ways[heavy]) for heavy in HEAVY if heavy in ways] == []


def test_the_search_finds_the_way_to_a_heavy_library() -> None:
    assert reached("tinker.train.trial")["torch"][-1] == "torch"
    assert "ray" not in reached("tinker.schedule.cluster")
    assert "tinker.schedule.pool" in imports("tinker.schedule.cluster", lazy=True)


def _crossings(of: str, banned: tuple[str, ...]) -> list[str]:
    """Imports anywhere in the modules of a package, lazy ones included, that its border bans."""
    return [
        f"{name} imports {found}"
        for name in MODULES
        if below(name, of)
        for found in sorted(imports(name, lazy=True))
        if below(found, *banned)
    ]


@pytest.mark.parametrize("name", ["tinker.schedule.plan_view", "tinker.schedule.grid_run", "tinker.schedule.driver"])
def test_what_plans_and_drives_does_not_load_what_trains(name: str) -> None:
    """Lightning takes longer to load than a grid to plan."""
    ways = reached(name)
    assert [" -> ".join(ways[heavy]) for heavy in ("lightning", "ray") if heavy in ways] == []


@pytest.mark.parametrize(
    ("package", "banned"),
    [
        ("model", ("tinker", "ray", "lightning", "hydra", "numpy")),
        ("tinker.data", ("tinker.train", "tinker.schedule", "tinker.grid", "tinker.cli", "lightning")),
        ("tinker.config", ("tinker.schedule", "tinker.grid", "tinker.cli", "lightning")),
        ("tinker.train", ("tinker.schedule", "tinker.grid", "tinker.cli", "ray")),
        ("tinker.stats", ("torch", "lightning", "tinker.schedule", "tinker.train", "tinker.cli", "model")),
        ("tinker.tables", ("torch", "lightning", "tinker.schedule", "tinker.cli", "model")),
        ("tinker.report", ("torch", "lightning", "tinker.schedule", "tinker.train", "tinker.cli", "model")),
        ("tinker.importing", ("torch", "lightning", "tinker.schedule", "tinker.train", "tinker.cli")),
        ("tinker.noise", ("torch", "lightning", "ray", "tinker.schedule", "tinker.train", "tinker.cli", "model")),
        ("tinker.review", ("torch", "lightning", "ray", "tinker.schedule", "tinker.train", "tinker.cli", "model")),
        ("tinker.store", ("torch", "lightning", "tinker.schedule", "tinker.train", "tinker.cli", "model")),
        ("tinker.verify", ("tinker.schedule", "tinker.cli", "ray", "lightning")),
        ("tinker.schedule", ("tinker.cli", "tinker.cloud")),
        ("tinker.cloud", ("torch", "lightning", "ray", "optuna", "tinker.cli", "tinker.train", "model")),
    ],
)
def test_a_package_imports_nothing_from_above_it(package: str, banned: tuple[str, ...]) -> None:
    assert _crossings(package, banned) == []


def test_only_the_scheduler_imports_ray() -> None:
    users = {name for name in MODULES if "ray" in imports(name, lazy=True)}
    assert users
    assert [name for name in users if not below(name, "tinker.schedule")] == []


def test_the_model_is_written_in_short_files() -> None:
    lengths = [len(path.read_text().splitlines()) for name, path in MODULES.items() if below(name, "model")]
    assert median(lengths) <= 120


def test_no_file_is_longer_than_250_lines() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 250} == {}
