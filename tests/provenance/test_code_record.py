"""The fingerprint of a trial's code: what changes it, and what does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tinker.provenance import code
from tinker.provenance.code import code_record, difference

FILES = {
    "model/__init__.py": "",
    "model/gpt.py": '''
        """A model."""
        from __future__ import annotations
        from typing import TYPE_CHECKING
        import torch
        from model import norm
        from model.scale import FACTOR as factor
        if TYPE_CHECKING:
            from model.only_types import Types

        class GPT:
            """Its text."""

            width: int = 4
            """What the width is."""

            def forward(self, x: Types) -> int:
                """Shapes."""
                from . import late
                return x * factor  # scaled
        ''',
    "model/norm.py": "def norm(x):\n    return x / 2\n",
    "model/scale.py": "FACTOR = 0.5\n",
    "model/late.py": "from .deep.inner import X\n",
    "model/deep/__init__.py": "PLACE = 1\n",
    "model/deep/inner.py": "from ..deep.other import X\n",
    "model/deep/other.py": "X = 1\n",
    "model/only_types.py": "class Types: ...\n",
    "model/unused.py": "Y = 1\n",
    "tinker/__init__.py": "",
    "tinker/trial.py": "def run():\n    import model.gpt\n    import json\n",
}
FOLLOWED = {
    "model",
    "model.gpt",
    "model.norm",
    "model.scale",
    "model.late",
    "model.deep",
    "model.deep.inner",
    "model.deep.other",
    "tinker",
    "tinker.trial",
}


class Tree:
    """The two packages in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            self.write(name, text.replace("\n        ", "\n"))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "_root", lambda package: tmp_path / package)
    monkeypatch.setattr(code, "_RECORDS", {})
    return Tree(tmp_path)


def record(*plugins):
    return code_record(["tinker.trial"], plugins)


def test_imports_are_followed_through_functions_packages_and_dots_and_nothing_else(tree):
    found = record()
    assert set(found["modules"]) == FOLLOWED
    assert len(found["fingerprint"]) == 16
    assert {len(digest) for digest in found["modules"].values()} == {12}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # scaled", ""),
        ("return x * factor", "return (x\n                * factor)"),
        ('"""Shapes."""', '"""Other words."""'),
        ('"""A model."""\n', ""),
        ('    """Its text."""\n', ""),
        ('    """What the width is."""\n', ""),
        ("class GPT", "\n\n\n# a comment\nclass GPT"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(tree, old, new):
    before = record()
    tree.edit("model/gpt.py", old, new)
    assert record() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "module"),
    [
        ("model/scale.py", "0.5", "0.6", "model.scale"),
        ("model/norm.py", "def norm", "def rms", "model.norm"),
        ("model/gpt.py", "x * factor", "factor * x", "model.gpt"),
        ("model/gpt.py", "width: int", "width: float", "model.gpt"),
        ("model/deep/other.py", "X = 1", "X = 2", "model.deep.other"),
        ("model/deep/__init__.py", "1", "2", "model.deep"),
    ],
)
def test_an_edit_of_what_the_trial_runs_counts_and_is_named(tree, file, old, new, module):
    before = record()
    tree.edit(file, old, new)
    after = record()
    assert after["fingerprint"] != before["fingerprint"]
    assert difference(before, after) == code.CodeDifference((module,), (), ())


@pytest.mark.parametrize("file", ["model/unused.py", "model/only_types.py"])
def test_an_edit_of_what_the_trial_does_not_import_does_not_count(tree, file):
    before = record()
    tree.write(file, "Y = 2\nfrom model import torch_free\n")
    assert record() == before
    assert not difference(before, record())


def test_added_and_removed_modules_are_named(tree):
    before = record()
    tree.edit("model/gpt.py", "from model import norm", "from model import unused")
    found = difference(before, record())
    assert found == code.CodeDifference(("model.gpt",), ("model.unused",), ("model.norm",))
    assert found


def test_quick_edits_of_one_length_are_all_seen(tree):
    seen = set()
    for n in range(10, 60):
        tree.write("model/scale.py", f"FACTOR = {n}\n")
        seen.add(record()["fingerprint"])
    assert len(seen) == 50


def test_what_has_not_changed_is_not_read_again(tree, monkeypatch):
    monkeypatch.setattr(code, "TICK", -3600.0)  # as if every file were old
    before = record()
    before["modules"].clear()  # the caller's own copy
    monkeypatch.setattr(code, "read_source", lambda text: pytest.fail("read again"))
    assert set(record()["modules"]) == FOLLOWED


def test_plugins_count_by_their_content_and_bring_what_they_import(tree, tmp_path):
    first, second = tmp_path / "a" / "mine.py", tmp_path / "b" / "mine.py"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(f"import model.unused\nX = '{path.parent.name}'\n")
    alone = record(first)
    assert set(alone["modules"]) == FOLLOWED | {"plugin:mine.py", "model.unused"}
    both = record(str(second), str(first))
    assert both == record(first, second)
    assert len(both["modules"]) == len(alone["modules"]) + 1
    first.write_text("import model.unused\nX = 'c'\n")
    assert difference(alone, record(first)).changed == ("plugin:mine.py",)
    assert str(tmp_path) not in str(both)


USERS = {
    "plugin.py": """
        import __main__, json
        import my_library
        import my_loose.inner
        import my_scale as scale
        def build():
            from my_pack.deep import X
            from model import registry
            from . import my_unused
        """,
    "path/my_scale.py": "FACTOR = 1\n",
    "path/my_pack/__init__.py": "",
    "path/my_pack/deep.py": "from .other import X\n",
    "path/my_pack/other.py": "X = 1\n",
    "path/my_loose/inner.py": "X = 1\n",  # a package without __init__
    "path/my_unused.py": "X = 1\n",
    "site-packages/my_library.py": "X = 1\n",
}
OF_THE_USERS = {"my_scale", "my_pack", "my_pack.deep", "my_pack.other", "my_loose.inner"}


@pytest.fixture
def users(tmp_path, monkeypatch):
    """A folder with a plugin, and with modules that Python finds."""
    for name, text in USERS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("\n        ", "\n"))
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    monkeypatch.syspath_prepend(tmp_path / "path")
    code._root.cache_clear()
    yield tmp_path
    code._root.cache_clear()


def test_what_a_plugin_imports_of_the_users_counts_and_libraries_do_not(users):
    alone, found = code_record(["model.registry"]), code_record(["model.registry"], [users / "plugin.py"])
    assert set(difference(alone, found).added) == OF_THE_USERS | {"plugin:plugin.py"}


@pytest.mark.parametrize("module", sorted(OF_THE_USERS))
def test_an_edit_of_what_a_plugin_imports_counts_and_is_named(users, module):
    path = users / "path" / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    before = code_record([], [users / "plugin.py"])
    path.write_text(path.read_text() + "Y = 2\n")
    after = code_record([], [users / "plugin.py"])
    assert after["fingerprint"] != before["fingerprint"]
    assert difference(before, after).changed == (module,)


def test_an_unknown_module_is_an_error(tree):
    with pytest.raises(ValueError, match=r"no module 'tinker.typo'"):
        code_record(["tinker.typo"])


def test_the_real_trial_is_followed_without_importing_it():
    before = set(sys.modules)
    found = code_record(["model.registry", "tinker.store.store"])
    assert {"model", "model.registry", "tinker.errors", "tinker.spec", "tinker.store.atomic"} <= set(found["modules"])
    assert set(sys.modules) == before
