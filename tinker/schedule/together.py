"""Seeds of one arm as one work item."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path

from tinker.config.plugins import load_plugins
from tinker.errors import UserError
from tinker.provenance.environment import environment_class
from tinker.schedule.far import Unreached
from tinker.schedule.mirror import Mirror
from tinker.schedule.missing import code_of
from tinker.schedule.signs import ProgressFile, asked_seldom, logged
from tinker.schedule.work import Outcome, WorkItem
from tinker.store.layout import Layout
from tinker.train.environment import trial_environment
from tinker.train.fused.run import run_replicates
from tinker.train.rungs import take_over
from tinker.train.trial import Hooks
from tinker.train.whereabouts import relocated

log = logging.getLogger(__name__)


def execute_together(item: WorkItem, mirror: Mirror | None) -> list[Outcome] | None:
    """Trains the item's trials as one program.

    Returns:
        None where something was raised, whichever trial is to blame: each goes on alone then, and gives its own error.

    Raises:
        Unreached: see `execute`.
    """
    if Path(item.stop_file).exists():
        return None
    with ExitStack() as opened:
        try:
            return _trained(item, mirror, opened)
        except Unreached:
            raise
        except Exception:
            log.exception("as one program it failed; each trial is trained alone")
            return None


def _trained(item: WorkItem, mirror: Mirror | None, opened: ExitStack) -> list[Outcome]:
    load_plugins(item.specs[0].config["plugins"])
    cls = environment_class(trial_environment(item.specs[0]))
    specs = [relocated(spec, Path(item.results)) for spec in item.specs]
    folders = [Layout(Path(item.results)).trial(spec.id, cls) for spec in specs]
    for spec, folder, code in zip(specs, folders, item.code, strict=True):
        if mirror is not None:
            opened.enter_context(mirror.following(spec, cls, item.task))
        opened.enter_context(logged(folder.log))
        if code_of(spec) != code:
            raise UserError("code was edited since the run began")
        take_over(spec, folder)
    told, asked = [ProgressFile(folder) for folder in folders], asked_seldom(Path(item.stop_file).exists)
    hooks = [Hooks(each.progress, asked, each.alive) for each in told]
    found = run_replicates(specs, [folder.path for folder in folders], hooks)
    for each, result in zip(told, found, strict=True):
        each.ended(result.steps)
    return [Outcome(spec.id, cls, result) for spec, result in zip(specs, found, strict=True)]
