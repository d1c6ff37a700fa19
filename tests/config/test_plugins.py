from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.slots import POSITION
from tinker.config.plugins import absolute_plugins, load_plugins
from tinker.config.schema import TrialConfig
from tinker.errors import ConfigError

VARIANT = """
from dataclasses import dataclass
from model.slots import POSITION

@POSITION.variant()
class Mine:
    @dataclass(frozen=True)
    class Config:
        strength: float = 1
"""


@pytest.fixture
def forgotten() -> Any:
    """Leaves the slot as it was."""
    before = dict(POSITION._variants)
    yield
    POSITION._variants.clear()
    POSITION._variants.update(before)


@pytest.mark.usefixtures("forgotten")
def test_a_users_file_brings_a_variant_under_its_name(composed: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "from_outside.py"
    file.write_text(VARIANT)
    config = TrialConfig.from_dict(composed(f"plugins=['{file}']", "model.position.type=from_outside"))
    assert config.plugins == (str(file),)
    assert config.as_dict()["model"]["position"] == {"type": "from_outside", "strength": 1.0}


@pytest.mark.usefixtures("forgotten")
def test_a_plugin_is_imported_once(tmp_path: Path) -> None:
    file = tmp_path / "once.py"
    file.write_text(VARIANT + f"\nopen({str(tmp_path / 'count')!r}, 'a').write('x')\n")
    load_plugins([str(file)])
    load_plugins([str(file)])
    assert (tmp_path / "count").read_text() == "x"


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "is not there"), ("import nowhere_at_all", "ModuleNotFoundError"), ("x = (", "SyntaxError")],
)
def test_a_plugin_that_cannot_be_imported_is_named(text: str | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.py"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_plugins([str(file)])
    assert caught.value.path == "plugins.0"
    assert str(file) in caught.value.problem


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute_plugins({"plugins": ["a.py"]}) == {"plugins": [str(tmp_path / "a.py")]}


def test_a_plugin_imports_what_is_on_pythons_path_and_not_what_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "found_by_path_only.py").write_text("X = 1\n")
    file = tmp_path / "with_neighbour.py"
    file.write_text("from found_by_path_only import X\n")
    with pytest.raises(ConfigError, match="No module named 'found_by_path_only'"):
        load_plugins([str(file)])
    monkeypatch.syspath_prepend(tmp_path)
    load_plugins([str(file)])
