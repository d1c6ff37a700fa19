"""Which clusters a driver joins. No Ray starts here."""

from __future__ import annotations

import pytest

from tinker.errors import UserError
from tinker.schedule.cluster import ray_cluster


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", ""])
def test_a_cluster_that_the_driver_would_not_be_in_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(UserError, match="has to run on a machine of the cluster"), ray_cluster():
        pass
