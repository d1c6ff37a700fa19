"""`tinker status`, `tinker logs` and `tinker stop` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Tinker, loaded, message
from tests.tables import made_up
from tinker.errors import OK, USAGE
from tinker.store.store import Store

HEAVY = {"torch", "ray", "lightning", "hydra", "pandas", "scipy", "pyarrow"}


def test_they_load_nothing_heavy_and_have_exit_codes(tinker_command: Tinker, tmp_path: Path) -> None:
    results = tmp_path / "results"
    made_up.save(results, made_up.grid({"base": [1, 2], "wide": [1, 2]}, control="base"))
    trial = made_up.spec("base", 1)
    Store(results).begin(trial, made_up.HERE, "test")
    Store(results).fail(trial, made_up.HERE, "a crash", "the story")

    done = tinker_command("status")
    assert done.returncode == OK, done.stderr
    assert "nothing runs" in done.stdout
    assert "made-up: 1 failed, 3 waiting of 4 trials" in done.stdout
    assert not loaded(done) & HEAVY

    assert json.loads(tinker_command("status", "made-up", "--json").stdout)["grids"][0]["trials"]["failed"] == 1
    unknown = tinker_command("status", "other")
    assert unknown.returncode == USAGE
    assert "grids there are: made-up" in message(unknown)

    done = tinker_command("logs", trial.id[:8])
    assert done.returncode == OK
    assert "the story" in done.stdout
    assert "cause of the last: a crash" in done.stderr
    assert not loaded(done) & HEAVY

    done = tinker_command("stop")
    assert (done.returncode, done.stdout) == (OK, "nothing runs\n")
    assert not loaded(done) & HEAVY
