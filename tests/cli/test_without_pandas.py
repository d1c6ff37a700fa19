"""A report does without pandas, and keeps it from nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("pandas")

SPARED = """
import sys
from tinker.cli.without_pandas import without_pandas
without_pandas()
import pyarrow as pa
table = pa.table({"a": [1, None, 2], "b": ["x", "y", None]})
assert table.to_pylist()[2] == {"a": 2, "b": None}
assert "pandas" not in sys.modules
assert not [finder for finder in sys.meta_path if "without_pandas" in type(finder).__module__]
import pandas  # whoever asks for it still gets it
"""
LOADED = """
import pandas
from tinker.cli.without_pandas import without_pandas
without_pandas()
import pyarrow as pa
assert list(pa.table({"a": [1, 2]}).to_pandas()["a"]) == [1, 2]
"""


@pytest.mark.parametrize("code", [SPARED, LOADED], ids=["not loaded", "loaded"])
def test_pyarrow_works_without_it(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
