"""`tinker` that looks more often than people would want: `python -m tests.cloud.quick run ...`.

With TEST_DEADLINE its pods are ordered with a deadline in so many seconds; the caps would never give one so near.
"""

from __future__ import annotations

import os
import sys

from tinker.cloud.api.wire import PodOrder
from tinker.cloud.books import Patience
from tinker.cloud.lender import Placement
from tinker.cloud.orders import Orders
from tinker.cloud.watch import Rhythm

order = Orders.__call__


def soon(self: Orders, name: str, placement: Placement, deadline: float) -> PodOrder:
    """An order with the near deadline."""
    given, near = os.environ.get("TEST_DEADLINE"), deadline - 3600 * self.fleet.max_hours
    return order(self, name, placement, deadline if given is None else near + float(given))


if __name__ == "__main__":
    from tinker.cli.entry import main

    Orders.__call__ = soon  # type: ignore[method-assign]
    Rhythm.__init__.__defaults__ = (0.2, 0.5, 1.0, 1.0, 120.0)
    Patience.__init__.__defaults__ = (1500.0, 0.5, 60.0, 5)
    sys.argv[0] = "tinker"
    main()
