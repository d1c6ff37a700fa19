"""Files beside the sources that the installed package needs are in the wheel."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Read by people, in the repository.
DOCUMENTS = {"tinker/tables/SCHEMA.md"}


@pytest.mark.parametrize("package", ["tinker", "model"])
def test_every_file_that_is_no_source_is_declared(package: str) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][package]
    folder = ROOT / package
    packed = {path for pattern in declared for path in folder.glob(pattern) if path.is_file()}
    there = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert {str(path.relative_to(ROOT)) for path in there - packed} - DOCUMENTS == set()


def test_the_page_s_parts_are_among_them() -> None:
    parts = {path.name for path in (ROOT / "tinker" / "report" / "html" / "assets").iterdir()}
    assert parts >= {"page.html.jinja", "style.css", "sort.js"}
