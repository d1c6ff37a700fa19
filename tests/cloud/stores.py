"""Real stores at two places: at home and on a machine, whose agent is asked as home does it."""

from __future__ import annotations

from pathlib import Path

from tinker.cloud.pod import place
from tinker.cloud.pod.ship import ship
from tinker.cloud.reach.home import Home
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.store import Store

CLASS = "cuda-x-torch2.13-abcdef"


def spec(n: int, **config: object) -> TrialSpec:
    return TrialSpec.of({"model": {"n_layer": n}, **config}, Seeds(n, n), "corpus")


def commit(store: Store, n: int, mark: float = 1.0) -> bool:
    curve = [{"step": step, "metric": "val_loss", "value": mark + step} for step in range(20)]
    result = {"status": "done", "steps": 20, "metrics": {"val_loss": mark}}
    return store.commit(spec(n), CLASS, result, curve, {"mark": mark}, {"fingerprint": "f", "modules": {}})


def folder(store: Store, n: int) -> TrialFolder:
    return store.folder(spec(n), CLASS)


def checkpoint(store: Store, n: int, data: bytes, name: str = "last.ckpt") -> Path:
    path = folder(store, n).checkpoint / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def there() -> Store:
    """The machine's."""
    return Store(place.RESULTS)


def fetch(home: Home) -> tuple[int, list[str]]:
    said: list[str] = []
    return home.fetch(ship, said.append), said


def contents(results: Path) -> dict[str, bytes]:
    """Every file by name."""
    return {str(path.relative_to(results)): path.read_bytes() for path in results.rglob("*") if path.is_file()}
