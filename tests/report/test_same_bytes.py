"""The same runs make the same comparisons.parquet to the byte: in another process, with its sets in another order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.tables.made_up import RULE, finish, grid, save
from tinker.report.analysis import Analysis

ROOT = Path(__file__).parents[2]
SEEDS = range(12)
NOISE = (-2, 1, 0, -1, 2, 0.5, -0.5, 1.5, -1.5, 0.2, -0.2, 0.8)
MEANS = {"baseline-v0": 2.0, "rotary": 1.99, "linear": 2.001}
RULES: dict[str, dict[str, Any]] = {
    "welch": {},
    "drawn-permutation": {"test": "permutation"},
    "signed-ranks": {"test": "rank", "pairing": "seed"},
    "blocks": {"blocks": "hardware"},
    "looks": {"looks": [4, 8, 12]},
    "anytime": {"looks": "anytime"},
}
SCRIPT = "import sys; from tests.report.test_same_bytes import digests; print(digests(sys.argv[1]))"


def digests(results: str) -> str:
    """Of comparisons.parquet under each rule, made anew."""
    found = {}
    for name in RULES:
        Analysis.of(Path(results), name)
        found[name] = sha256((Path(results) / name / "comparisons.parquet").read_bytes()).hexdigest()
    return json.dumps(found)


@pytest.mark.timeout(120)
def test_another_process_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, changes in RULES.items():
        save(tmp_path, grid(dict.fromkeys(MEANS, SEEDS), name=name, decide=RULE | changes))
    for arm, mean in MEANS.items():
        for seed in SEEDS:
            finish(tmp_path, arm, seed, val_loss=mean + 0.01 * NOISE[(seed * (1 + len(arm))) % 12])
    here = digests(str(tmp_path))
    assert len(set(json.loads(here).values())) == len(RULES)
    for seed in ("1", "2"):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == here
