"""Two hundred arms with seven seeds and a curve of twenty points each: a page that can be sent and opened."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.report.html.test_page import Page
from tests.tables import made_up
from tinker.report.api import read_report, render
from tinker.tables import schema
from tinker.tables.collect import with_grid
from tinker.tables.names import CURVES, TRIALS
from tinker.tables.parquet import write
from tinker.tables.trial_row import planned_rows

ARMS, SEEDS, POINTS = 200, range(7), 20


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("many")
    grid = made_up.grid({"baseline-v0": SEEDS, **{f"an-arm-with-a-long-name-{k}": SEEDS for k in range(ARMS)}})
    rows, points = [], []
    for place, planned in enumerate(planned_rows(grid)):
        loss = 1.9 + 0.0137 * ((place * 37) % 101) / 101 + 0.002 * (place // 7 % 9)
        done = {"status": "done", "environment_class": "here", "attempts": 1, "steps": 400, "seconds": 31.5}
        rows.append({**dict.fromkeys(schema.trials().names), **planned, **done, "val_loss": loss})
        identity = {key: rows[-1][key] for key in schema.curves().names if key in rows[-1]}
        points += [
            {**identity, "step": 20 * k, "metric": "val_loss", "value": loss + (1 - k / POINTS) ** 2}
            for k in range(1, POINTS + 1)
        ]
    write(folder / TRIALS, with_grid(pa.Table.from_pylist(rows, schema.trials({"val_loss"})), grid))
    write(folder / CURVES, pa.Table.from_pylist(points, schema.curves()))
    return render(read_report(folder), "html")


def test_it_is_less_than_two_megabytes(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_it_is_well_formed_and_every_arm_and_seed_is_in_it(page: str) -> None:
    read = Page(page)
    assert (read.open, len(read.ids)) == ([], len(set(read.ids)))
    assert page.count("tinker replay ") >= (ARMS + 1) * len(SEEDS)
    for arm in range(ARMS):
        assert page.count(f"an-arm-with-a-long-name-{arm}<") >= 3


def test_curves_are_drawn_for_some_and_the_rest_is_told(page: str) -> None:
    assert page.count("Learning curve of ") == 25
    assert f"{ARMS - 24} more" in page
