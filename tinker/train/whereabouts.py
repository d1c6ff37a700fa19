"""Where the trial lies that another starts from, in the results folder in use: results can be moved or copied."""

from __future__ import annotations

from pathlib import Path

from tinker.spec import TrialSpec
from tinker.store.layout import Layout, TrialFolder


def relocated(spec: TrialSpec, results: Path) -> TrialSpec:
    """The same trial, with the path in its `init_from` into those results where they have the trial that it names.

    The path in a description is that of the machine and day on which it was written: what counts is the id, and the
    environment class, which is the folder's name. Where the results have no such trial the path stays.
    """
    config = spec.config
    node = config.get("init_from")
    if node is None or node["type"] != "trial":
        return spec
    here = TrialFolder(Layout(results).trials / node["id"] / Path(node["path"]).name)
    if not here.spec.is_file():
        return spec
    return TrialSpec.of({**config, "init_from": {**node, "path": str(here.path.resolve())}}, spec.seeds, spec.corpus)
