"""A Ray of our own without the processes that nobody here asks for anything: dashboard, autoscaler, log monitor.

`include_dashboard=False` starts them all the same, and `ray.init` waits for one of them: a second, and as much again of
CPU while workers start. Ray has no setting for it. Where a version of it starts them in another way, it starts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from ray._private.node import Node

#: Methods of `Node`, each of which starts one and returns nothing.
SPARED = ("start_api_server", "start_monitor", "start_log_monitor")


@contextmanager
def small() -> Iterator[None]:
    """Around `ray.init`."""
    with ExitStack() as patches:
        for name in SPARED:
            if hasattr(Node, name):
                patches.enter_context(patch.object(Node, name, lambda *args, **options: None))
        yield
