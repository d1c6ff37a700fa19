import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinker.cloud.pod import place


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    """The folder of a machine, known to the agent's words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINKER_HOME", str(tmp_path))
        patch.delenv("TINKER_RESULTS", raising=False)
        importlib.reload(place)
        yield tmp_path
    importlib.reload(place)
