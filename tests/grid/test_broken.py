"""Every mistake gives one message, which says where, what was given and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.grid.broken_cases import FILES, GOOD, OVERRIDES, Broken
from tinker.errors import UserError
from tinker.grid.expand import expand
from tinker.grid.load import load_grid


def line_of(text: str, at: str | int) -> int:
    return at if isinstance(at, int) else next(n for n, line in enumerate(text.splitlines(), 1) if at in line)


def message(path: Path, overrides: list[str]) -> str:
    with pytest.raises(UserError) as caught:
        expand(load_grid(path, overrides, config_dirs=[]), config_dirs=[])
    return str(caught.value)


def test_the_grid_that_is_broken_below_is_right(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    plan = expand(load_grid(path, config_dirs=[]), config_dirs=[])
    names = ["baseline-v0", "mqa", "window", "n_layer=2,n_embd=64", "n_layer=3,n_embd=32", "rotary"]
    assert [arm.name for arm in plan.arms] == names


@pytest.mark.parametrize("case", FILES, ids=lambda case: case.name)
def test_a_broken_file_is_named_with_its_line(case: Broken, tmp_path: Path) -> None:
    assert GOOD.count(case.old) >= 1
    text = GOOD.replace(case.old, case.new, 1)
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    said = message(path, [])
    assert said.startswith(f"{path}:{line_of(text, case.at)}: ")
    assert [part for part in case.says if part not in said] == []


@pytest.mark.parametrize(("override", "says"), OVERRIDES, ids=[text for text, _ in OVERRIDES])
def test_a_broken_override_is_quoted(override: str, says: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    said = message(path, [override])
    assert said.startswith(f"override {override!r}: ")
    assert [part for part in says if part not in said] == []


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "no.yaml") in message(tmp_path / "no.yaml", [])
