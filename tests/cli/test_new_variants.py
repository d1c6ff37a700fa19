"""`tinker new` and `tinker variants`, as a newcomer uses them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Tinker, message
from tinker.errors import USAGE


def test_a_new_variant_is_written_listed_and_never_overwritten(tinker_command: Tinker, tmp_path: Path) -> None:
    done = tinker_command("new", "norm", "mine")
    assert done.returncode == 0, done.stderr
    assert "mine: { model.norm: mine }" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"mine.py", "test_mine.py"}
    listed = json.loads(tinker_command("variants", "norm", "--plugin", "mine.py", "--json").stdout)
    assert "mine" in [entry["type"] for entry in listed]
    (tmp_path / "mine.py").write_text("# precious")
    again = tinker_command("new", "norm", "mine")
    assert again.returncode == USAGE
    assert "mine.py is there already" in message(again)
    assert (tmp_path / "mine.py").read_text() == "# precious"
