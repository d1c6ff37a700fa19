import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinker.cloud.pod import place


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    """The folder of a machine, known to the agent's words."""
    folder = tmp_path / "machine"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINKER_HOME", str(folder))
        patch.delenv("TINKER_RESULTS", raising=False)
        importlib.reload(place)
        yield folder
    importlib.reload(place)
