"""Idle workers of Ray Tune's, kept until their next item comes.

Tune keeps one of them at most, and ends the others as soon as their trial has: two that end together, or one that ends
while another starts, cost a worker, which takes seconds to start again. `places.py` says who is to have it next. Only
`tune_session.py` imports this.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from typing import Any

from ray.tune.execution import tune_controller
from ray.tune.utils.object_cache import _ObjectCache

from tinker.schedule.places import kind_of

#: Seconds for which an idle worker is kept; it holds its resources.
KEPT = 30.0


class Warm(_ObjectCache):
    """As Tune's own; keys are resource requests, objects are actors.

    A worker is ended where trials of another kind wait, which may need what it holds, and after `KEPT` seconds.
    """

    _cached_objects: dict[Any, list[Any]]
    _max_num_objects: Counter[Any]

    def __init__(self, may_keep_one: bool = True) -> None:
        super().__init__(may_keep_one)
        self._since: dict[Any, float] = {}

    def cache_object(self, key: Any, obj: Any) -> bool:
        """Keeps it, always."""
        self._cached_objects[key].append(obj)
        self._num_cached_objects += 1
        self._since[obj] = time.monotonic()
        return True

    def pop_cached_object(self, key: Any) -> Any:
        """One of that kind and place, if there is one."""
        found = super().pop_cached_object(key)
        self._since.pop(found, None)
        return found

    def flush_cached_objects(self, force_all: bool = False) -> Generator[Any, None, None]:
        """Those that are not kept any longer."""
        wanted = {kind_of(key.required_resources) for key, count in self._max_num_objects.items() if count > 0}
        old = time.monotonic() - KEPT
        for key, kept in self._cached_objects.items():
            others = wanted - {kind_of(key.required_resources)}
            for obj in [each for each in kept if force_all or others or self._since[each] < old]:
                kept.remove(obj)
                del self._since[obj]
                self._num_cached_objects -= 1
                yield obj


def keep_warm() -> None:
    """From now on Tune's controllers of this process keep workers so.

    And none of them waits for a trial where nothing runs: no idle worker would be ended meanwhile, and what it holds of
    a cluster may be what another driver waits for, on whose trials this one waits.
    """
    tune_controller._ObjectCache = Warm  # type: ignore[attr-defined]
    tune_controller.TuneController._update_trial_queue = _update_trial_queue  # type: ignore[method-assign]


_queue = tune_controller.TuneController._update_trial_queue


def _update_trial_queue(self: tune_controller.TuneController, blocking: bool = False, timeout: int = 600) -> bool:
    return _queue(self)
