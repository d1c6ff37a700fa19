"""One trial in this process: `tinker train`. The same spec, store and code as in a grid, without Ray."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from rich.console import Console

from tinker.config.accelerator import resolve_accelerator
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.errors import BUSY, INTERRUPTED, OK, UserError
from tinker.schedule.job import Job, Stage
from tinker.schedule.live.source import Lone
from tinker.schedule.live.watched import Watched
from tinker.schedule.missing import class_of, set_aside, sort_out
from tinker.schedule.preflight import check_machine
from tinker.schedule.sizes import remembered_size
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import TrialFolder
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.progress import Progress
from tinker.store.store import Store
from tinker.store.verdicts import accept, supersede
from tinker.train.base import require_packages
from tinker.train.probation import probe
from tinker.train.start import resolve_start
from tinker.train.trial import Hooks, run_trial
from tinker.train.whereabouts import relocated
from tinker.verify.gate import refuse_unsound


def train_one(overrides: Sequence[str], seed: int, results: Path, console: Console, *, force: bool = False) -> int:
    """Trains what the overrides describe, unless the store has it.

    Returns:
        An exit code: OK, also for a divergence, which is a result; INTERRUPTED after Ctrl-C.

    Raises:
        UserError: bad overrides, a scale that this machine cannot run, or a model that fails the quick `tinker verify`.
    """
    config = TrialConfig.from_dict(resolve_start(resolve_accelerator(compose(overrides)), results))
    corpus = corpus_of(config)
    spec = relocated(TrialSpec.of(config.as_dict(), Seeds(seed, seed), corpus.fingerprint), results)
    require_packages(config)
    check_machine(config, remembered_size(config, corpus.vocab_size).flops_per_token, 1, 1, force=force)
    with Presence(results) as presence, Leases(results, presence) as leases:
        return _unless_stored(spec, Store(results), leases, console)


def _take(leases: Leases, folder: TrialFolder) -> None:
    """
    Raises:
        UserError: another tinker has the trial.
    """
    other = leases.take(folder)
    if other is not None:
        raise UserError(
            f"{folder.path}: another tinker works on this trial ({other}); wait for it, or stop it with `tinker stop`",
            exit_code=BUSY,
        )


def _unless_stored(spec: TrialSpec, store: Store, leases: Leases, console: Console) -> int:
    cls = class_of(spec)
    folder = store.folder(spec, cls)
    _take(leases, folder)
    missing = sort_out([spec], store)
    if missing.other_start:
        console.print(f"{spec.id}: started from other weights than init_from gives now; training it again")
        set_aside(missing, store)
        _take(leases, folder)
    if missing.probation:
        console.print(f"{spec.id}: made by other code; replaying it", highlight=False)
        probation = probe(spec, folder)
        if probation["held"]:
            accept(folder, probation)
        else:
            console.print(f"the new code gives other numbers ({probation['difference']}); training it again")
            row = store.get(spec.id, cls)
            supersede(folder, (row and row.code_fingerprint) or "unknown")
            _take(leases, folder)
    if missing.done or (missing.probation and folder.result.exists()):
        console.print(f"{spec.id}: done already, in {folder.path}", highlight=False, soft_wrap=True)
        return OK
    return _train(spec, store, leases.presence, console)


def _train(spec: TrialSpec, store: Store, presence: Presence, console: Console) -> int:
    cls, config = class_of(spec), TrialConfig.from_dict(spec.config)
    refuse_unsound(
        {"this trial": config},
        again="tinker verify, with the same overrides",
        say=partial(console.print, highlight=False),
    )
    store.begin(spec, cls, str(presence.holder))
    stop, now = False, Progress(0, 1, 0.0)

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal stop
        stop = True

    def progress(step: int, steps: int) -> None:
        nonlocal now
        now = Progress(step, steps, 0.0)
        view.refresh()

    job = Job(spec, f"trial {spec.id}", spec.seeds.label)
    view = Watched(console, Lone(lambda: now.step / now.steps), say=presence.say)
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        view.stage("", Stage("comparing", (job,)), ())
        view.started(job, "train")
        folder = store.folder(spec, cls).path
        result = run_trial(spec, folder, Hooks(progress=progress, should_stop=lambda: stop or presence.asked_to_stop()))
        if result.status == "interrupted":
            store.release(spec, cls, "interrupted")
            view.finished(job, "interrupted", f"saved at step {result.steps}; the same command goes on from there")
            return INTERRUPTED
        plain = result.as_dict()
        store.commit(spec, cls, plain, plain["curve"], plain["environment"], plain["code"])
        view.finished(job, result.status, _told(result.metrics))
        return OK
    except Exception as error:
        store.fail(spec, cls, f"{type(error).__name__}: {error}", traceback.format_exc())
        raise
    finally:
        view.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _told(metrics: Mapping[str, float]) -> str:
    """The loss first, then the rest by name; what is counted in bytes in MB."""
    names = sorted(metrics, key=lambda name: (name != "val_loss", name))
    shown = (
        f"{name.removesuffix('_bytes')} {metrics[name] / 1e6:,.0f} MB"
        if name.endswith("_bytes")
        else f"{name} {metrics[name]:.5g}"
        for name in names
    )
    return ", ".join(shown)
