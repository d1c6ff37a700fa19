"""A worker that does not see the driver's results, with the depot in the same process: what crosses, and when."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.train.lab import train
from tests.train.tiny import numbers, spec_of
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.schedule import busy as busy_module
from tinker.schedule.depot import CHUNK, Depot, NoLongerYours, stamps
from tinker.schedule.far import Unreached
from tinker.schedule.mirror import Mirror, scratch, sees_the_driver
from tinker.schedule.missing import class_of, code_of
from tinker.schedule.retry import of_crash
from tinker.schedule.sending import Sending
from tinker.schedule.work import Task, WorkItem
from tinker.schedule.worker import execute
from tinker.spec import TrialSpec
from tinker.store.layout import Layout, TrialFolder
from tinker.store.presence import Presence
from tinker.store.store import Store
from tinker.train.checkpoint import BEST, LAST, TAIL
from tinker.train.result import TrialResult
from tinker.train.trial import Hooks, run_trial

NAME = f"{'0' * 16}/cpu"


class Two:
    """The driver's side and the worker's."""

    def __init__(self, root: Path) -> None:
        self.home, self.away = root / "home", root / "away"
        for folder in (self.home, self.away):
            folder.mkdir()
        self.depot = Depot(self.home)
        self.mirror = Mirror(self.depot, self.away)
        self.token = "a" * 32

    def item(self, spec: TrialSpec, task: Task = "train") -> WorkItem:
        stop = str(self.home / ".drivers" / f"{self.token}.0.stop")
        return WorkItem((spec,), task, str(self.home), str(self.home), stop, (code_of(spec),))

    def run(self, spec: TrialSpec, task: Task = "train") -> TrialResult | None:
        """The outcome of one item done far away."""
        [outcome] = execute(self.mirror.take(self.item(spec, task)), self.mirror)
        assert outcome.error is None
        return outcome.result

    def folder(self, spec: TrialSpec) -> TrialFolder:
        return Layout(self.home).trial(spec.id, class_of(spec))


@pytest.fixture
def two(tmp_path: Path) -> Two:
    """Both empty."""
    return Two(tmp_path)


def _tuned(until: int) -> TrialSpec:
    spec = spec_of(f"train.until={until}")
    config = TrialConfig.from_dict(spec.config | {"split": "tuning"})
    return TrialSpec.of(config.as_dict(), spec.seeds, corpus_of(config).fingerprint)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_trial_far_away_leaves_at_home_what_it_would_have_left_there(two: Two, tmp_path: Path) -> None:
    spec = spec_of()
    result = two.run(spec)
    here = WorkItem((spec,), "train", str(tmp_path / "x"), str(tmp_path), str(tmp_path / "stop"), (code_of(spec),))
    [outcome] = execute(here)
    assert result is not None
    assert outcome.result is not None
    assert numbers(result) == numbers(outcome.result)
    alone = Layout(tmp_path / "x").trial(spec.id, outcome.environment_class).path
    assert stamps(two.folder(spec).path).keys() == stamps(alone).keys()
    mine, its = (torch.load(f / "checkpoint" / LAST, weights_only=True) for f in (two.folder(spec).path, alone))
    assert all(torch.equal(mine["state_dict"][key], its["state_dict"][key]) for key in its["state_dict"])
    assert not list(two.away.rglob("*.ckpt")), "nothing is kept there"


def test_seeds_that_are_trained_as_one_program_far_away_each_leave_their_own_at_home(two: Two) -> None:
    specs = tuple(spec_of(seed=seed) for seed in (1, 2))
    item = replace(two.item(specs[0]), specs=specs, code=(code_of(specs[0]),) * 2)
    for spec, outcome in zip(specs, execute(two.mirror.take(item), two.mirror), strict=True):
        assert outcome.result is not None
        assert outcome.result.environment["fused"]["replicates"] == 2
        saved = torch.load(two.folder(spec).checkpoint / LAST, weights_only=True)
        assert saved["callbacks"]["Recorder"]["metrics"] == outcome.result.metrics
    assert not list(two.away.rglob("*.ckpt")), "nothing is kept there"


def test_a_trial_far_away_goes_on_from_the_checkpoint_at_home(two: Two) -> None:
    spec, seen = spec_of(), list[int]()
    run_trial(spec, two.folder(spec).path, Hooks(lambda step, steps: seen.append(step), lambda: len(seen) == 15))
    result = two.run(spec)
    assert result is not None
    assert result.steps == 40
    assert '"began": 15' in (two.folder(spec).path / "progress.json").read_text()


def test_a_trial_starts_from_another_that_is_at_home(two: Two) -> None:
    base = train(two.home, "checkpoint.keep=last")
    node = {"type": "trial", "id": base.trial_id, "path": str(base.folder.path)}
    spec = spec_of()
    spec = TrialSpec.of({**spec.config, "init_from": node}, spec.seeds, spec.corpus)
    elsewhere = {**node, "path": f"/nowhere/{base.folder.path.name}"}
    result = two.run(TrialSpec.of({**spec.config, "init_from": elsewhere}, spec.seeds, spec.corpus))
    assert result is not None
    assert result.start_digest is not None
    assert result.start_digest == run_trial(spec, two.home / "x").start_digest
    assert list(two.away.glob(f"trials/{base.trial_id}/*/checkpoint/{LAST}")), "kept for the next trial that needs it"
    two.run(spec_of("train.steps=10"))
    assert not list(two.away.rglob("*.ckpt"))


def test_a_rung_goes_on_from_the_shorter_trial_at_home(two: Two) -> None:
    short, long = (_tuned(until) for until in (20, 40))
    result = two.run(short)
    assert result is not None
    plain = result.as_dict()
    Store(two.home).commit(short, class_of(short), plain, plain["curve"], plain["environment"], plain["code"])
    two.run(long)
    assert '"began": 20' in (two.folder(long).path / "progress.json").read_text()


def test_a_row_is_replayed_far_away(two: Two) -> None:
    row = train(two.home)
    before = {path.name: path.read_bytes() for path in row.folder.path.iterdir() if path.is_file()}
    [outcome] = execute(two.mirror.take(two.item(row.spec, "probation")), two.mirror)
    assert outcome.error is None
    assert outcome.probation is not None
    assert outcome.probation["held"]
    assert outcome.probation["how"] == "ends"
    after = {path.name: path.read_bytes() for path in row.folder.path.iterdir() if path.is_file()}
    assert {name: after[name] for name in before if name != "progress.json"} == {
        name: before[name] for name in before if name != "progress.json"
    }


def test_a_driver_that_cannot_be_reached_is_no_fault_of_the_trial(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(depot: Depot, *arguments: object) -> None:
        raise Unreached("the actor died")

    item = two.mirror.take(two.item(spec_of()))
    monkeypatch.setattr(Depot, "write", cut)
    with pytest.raises(Unreached) as caught:
        execute(item, two.mirror)
    cause = of_crash(str(caught.value))
    assert (cause.kind, cause.again) == ("node lost", True)


def test_the_stop_file_is_passed_on_while_a_trial_runs(two: Two) -> None:
    with two.mirror.following(spec_of(), "cpu", "train"):
        item = two.mirror.take(two.item(spec_of()))
        assert not Path(item.stop_file).exists()
        _write(Path(two.item(spec_of()).stop_file), "")
        end = time.monotonic() + 60
        while not Path(item.stop_file).exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert Path(item.stop_file).exists()
    [outcome] = execute(item, two.mirror)
    assert (outcome.result, outcome.error) == (None, None)


def _sending(two: Two) -> Sending:
    folder = Layout(two.away).trial(*NAME.split("/"))
    folder.path.mkdir(parents=True)
    return Sending(two.depot, folder, NAME, two.depot.open(NAME), {})


def test_only_what_changed_is_sent_and_what_was_removed_is_removed(two: Two) -> None:
    sending, there = _sending(two), two.home / "trials" / NAME
    _write(sending.folder / "log.txt", "one")
    _write(sending.folder / "checkpoint" / BEST, "best")
    _write(there / "note.txt", "not the worker's")
    sending.all()
    assert (there / "log.txt").read_text() == "one"
    (there / "log.txt").write_text("touched here")
    (sending.folder / "checkpoint" / BEST).unlink()
    sending.all()
    assert (there / "log.txt").read_text() == "touched here", "it has not changed over there"
    assert not (there / "checkpoint" / BEST).exists()
    assert (there / "note.txt").exists()


def test_a_large_file_appears_whole_and_a_torn_one_never(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    sending, there = _sending(two), two.home / "trials" / NAME / "checkpoint" / LAST
    here = sending.folder / "checkpoint" / LAST
    here.parent.mkdir()
    content = bytes(range(256)) * (CHUNK // 128) + b"end"
    here.write_bytes(content)
    write, lived = Depot.write, list[bool]()

    def torn(depot: Depot, trial: str, turn: int, name: str, offset: int, data: bytes, changed: int | None) -> None:
        if offset == CHUNK and not lived:
            lived.append((two.home / "trials" / NAME / "progress.json").exists())
            raise OSError("the network is gone")
        write(depot, trial, turn, name, offset, data, changed)

    monkeypatch.setattr(Depot, "write", torn)
    with pytest.raises(OSError, match="network"):
        sending.all()
    assert not there.exists()
    assert lived == [True], "sending is a sign of life"
    sending.all()
    assert there.read_bytes() == content
    assert there.stat().st_mtime_ns == here.stat().st_mtime_ns


def test_a_last_checkpoint_comes_after_those_that_it_tells_of(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    sending, order, write = _sending(two), list[str](), Depot.write
    for name in (LAST, BEST, TAIL):
        _write(sending.folder / "checkpoint" / name, name)
    _write(sending.folder / "progress.json", "{}")

    def noted(depot: Depot, trial: str, turn: int, name: str, offset: int, data: bytes, changed: int | None) -> None:
        order.append(name)
        write(depot, trial, turn, name, offset, data, changed)

    monkeypatch.setattr(Depot, "write", noted)
    sending.all()
    assert order == ["progress.json", f"checkpoint/{BEST}", f"checkpoint/{TAIL}", f"checkpoint/{LAST}"]


def test_a_worker_whose_trial_was_given_to_another_writes_nothing_more(two: Two) -> None:
    sending = _sending(two)
    _write(sending.folder / "log.txt", "late")
    two.depot.open(NAME)
    with pytest.raises(NoLongerYours):
        sending.all()
    assert not (two.home / "trials" / NAME / "log.txt").exists()


@pytest.mark.parametrize("name", ["result.json", "spec.json", "lease.json", "status.json", "curve.0a.parquet"])
def test_the_record_is_the_drivers_to_write(two: Two, name: str) -> None:
    turn = two.depot.open(NAME)
    with pytest.raises(ValueError, match="driver's"):
        two.depot.write(NAME, turn, name, 0, b"", 1)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", ""])
def test_nothing_outside_the_trial_is_reached(two: Two, name: str) -> None:
    turn = two.depot.open(NAME)
    with pytest.raises(ValueError, match="no file of a trial"):
        two.depot.write(NAME, turn, name, 0, b"", 1)
    with pytest.raises(ValueError, match="no file of a trial"):
        two.depot.read(NAME, name, (0, 0), 0)
    with pytest.raises(ValueError, match="is not a"):
        two.depot.open("../home")


def test_only_the_drivers_own_folder_has_its_token(two: Two, tmp_path: Path) -> None:
    with Presence(two.home) as presence:
        item = replace(two.item(spec_of()), stop_file=str(presence.stop_file.with_suffix(".0.stop")))
        assert sees_the_driver(item)
        shutil.copytree(two.home, tmp_path / "other", ignore=shutil.ignore_patterns(".drivers"))
        with Presence(tmp_path / "other"):
            assert not sees_the_driver(replace(item, results=str(tmp_path / "other")))


def test_folders_of_workers_that_were_killed_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mine = scratch()
    dead = tmp_path / mine.name.replace(mine.name.split("-")[2], "999999999")
    dead.mkdir()
    assert scratch().parent == tmp_path
    assert mine.exists()
    assert not dead.exists()


def test_a_worker_shows_that_its_machine_is_not_idle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign = tmp_path / "busy"
    with busy_module.busy():
        pass
    assert not sign.exists(), "nobody asked for it"
    monkeypatch.setenv(busy_module.VARIABLE, str(sign))
    monkeypatch.setattr(busy_module, "EVERY", 0.05)
    with busy_module.busy():
        end = time.monotonic() + 60
        while not sign.exists() and time.monotonic() < end:
            time.sleep(0.01)
        first = sign.stat().st_mtime_ns
        while sign.stat().st_mtime_ns == first and time.monotonic() < end:
            time.sleep(0.01)
        assert sign.stat().st_mtime_ns > first
