"""Workers stay warm though trials are shorter than a worker's start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.schedule.conftest import rows, run, write_grid
from tinker.errors import OK
from tinker.schedule.cluster import Capacity

pytestmark = pytest.mark.xdist_group("ray")

#: Says which process it is in.
LOSS = """
import os
from dataclasses import dataclass
from pathlib import Path
from model.slots import LOSS
from model.loss.cross_entropy import CrossEntropy

@LOSS.variant()
class Told(CrossEntropy):
    @dataclass(frozen=True)
    class Config:
        pass

    def __init__(self, config, model):
        super().__init__(config, model)
        with (Path("{folder}") / str(os.getpid())).open("a") as file:
            file.write("1")
"""


def test_two_workers_share_many_short_trials_and_neither_is_started_twice(tmp_path: Path, ray_up: Capacity) -> None:
    told = tmp_path / "told"
    told.mkdir()
    (tmp_path / "told.py").write_text(LOSS.format(folder=told))
    keys = {"plugins": ["told.py"], "resources": {"concurrent": 2, "cpus": ray_up.cpus / 2}, "seeds": 24}
    code, said = run(write_grid(tmp_path, {}, base={"model.loss": "told"}, **keys), tmp_path / "results")
    assert code == OK, said
    assert len(rows(tmp_path / "results")) == 24
    workers = {path.name for path in told.iterdir()} - {str(os.getpid())}  # this process has looked at the arms first
    assert len(workers) == 2
