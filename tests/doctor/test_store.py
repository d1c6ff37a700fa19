"""What a broken disk does to a results folder: said in one line each, mended where it can be, and no result removed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import tinker
from tests.tables.made_up import HERE, finish, grid, save, spec
from tinker.cli import doctor
from tinker.doctor import examine
from tinker.doctor.store import examine_store
from tinker.errors import UserError
from tinker.report.api import make_report
from tinker.store.presence import Presence
from tinker.store.process import ended
from tinker.store.store import Store

ARMS = {"baseline-v0": range(4), "linear": range(4)}
GRID = "made-up"
DEAD = 2**22 + 1  # above the kernel's highest pid


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    """Bits in the first half, where a Parquet file has its values and a zip file its members."""
    data = bytearray(path.read_bytes())
    for place in range(40, len(data) // 2, 97):
        data[place] ^= 0x15
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [truncate, flip, empty, folder]
Damage = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grid with its report, and checkpoints."""
    results = tmp_path_factory.mktemp("whole") / "results"
    save(results, grid(ARMS))
    for place, (arm, seed) in enumerate((arm, seed) for arm, seeds in ARMS.items() for seed in seeds):
        finish(results, arm, seed, val_loss=2.0 + 0.01 * place, points=50)
    make_report(results, GRID)
    checkpoint = Store(results).folder(spec("linear", 0), HERE).checkpoint
    checkpoint.mkdir()
    for name in ("last.ckpt", "tail.ckpt"):
        with zipfile.ZipFile(checkpoint / name, "w") as file:  # as PyTorch writes them, not compressed
            file.writestr("archive/data/0", bytes(range(256)) * 50)
    return results


@pytest.fixture
def results(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "results"))


def test_a_store_that_is_well_is_left_as_it_is(results: Path) -> None:
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    assert examine_store(results) == []
    after = {path: path.read_bytes() for path in results.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert {path: data for path, data in before.items() if path.suffix != ".lock"} == after
    assert examine_store(results / "none") == []


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["trials", "curves", "comparisons", "looks"])
def test_a_damaged_table_is_said_set_aside_and_made_again(results: Path, name: str, damage: Damage) -> None:
    path = results / GRID / f"{name}.parquet"
    before = make_report(results, GRID).report
    damage(path)
    if name == "looks":  # the others are made from the store, and nobody reads them before
        with pytest.raises(UserError, match=rf"{path.name} .*tinker doctor --store --results {results}"):
            make_report(results, GRID)
    (finding,) = examine_store(results)
    assert (finding.path, finding.mended) == (path, True)
    assert (results / GRID / f"{name}.parquet.damaged").exists()
    after = make_report(results, GRID).report
    assert after.comparisons == before.comparisons
    assert examine_store(results) == []
    said = [note for note in after.notes if "earlier looks are not known" in note]
    assert len(said) == (name == "looks"), "only what cannot be made again is said for ever"


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["trials", "curves"])
def test_a_damaged_table_is_not_replaced_while_it_alone_may_have_a_trial(
    results: Path, name: str, damage: Damage
) -> None:
    path = results / GRID / f"{name}.parquet"
    make_report(results, GRID)
    shutil.rmtree(next((results / "trials").glob("*/*/result.json")).parents[1])
    damage(path)
    left = path.read_bytes() if path.is_file() else None
    with pytest.raises(UserError, match=rf"{path.name} .*tinker doctor --store --results {results}"):
        make_report(results, GRID)
    assert (path.read_bytes() if path.is_file() else None) == left


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_grid_is_taken_from_the_tables(results: Path, damage: Damage) -> None:
    path = results / GRID / "grid.json"
    was = json.loads(path.read_text())
    damage(path)
    with pytest.raises(UserError, match=r"grid\.json .*tinker doctor --store"):
        make_report(results, GRID)
    (finding,) = examine_store(results)
    assert "the grid of trials.parquet is in its place" in str(finding)
    assert json.loads(path.read_text()) == was
    assert path.with_name("grid.json.damaged").exists()
    make_report(results, GRID)


def test_a_grid_that_no_table_holds_must_be_run_again(results: Path) -> None:
    truncate(results / GRID / "grid.json")
    truncate(results / GRID / "trials.parquet")
    said = [str(finding) for finding in examine_store(results)]
    assert len(said) == 2
    assert "its verdicts are exploratory" in said[0]
    with pytest.raises(UserError, match="is not a grid in"):
        make_report(results, GRID)


@pytest.mark.parametrize("kept", [True, False])
def test_a_damaged_decision_is_taken_from_the_grid(results: Path, kept: bool) -> None:
    path, page = results / GRID / "measured.json", results / GRID / "grid.json"
    was = {"threads": 1, "seeds": 1, "why": "", **dict.fromkeys(("environment_class", "device", "torch", "time"), "x")}
    if kept:
        page.write_text(json.dumps({**json.loads(page.read_text()), "measured": {"fused": was}}))
    path.write_text("{")
    [finding] = examine_store(results)
    assert finding.path == path
    assert ("grid.json has of it is in its place" if kept else "measures anew") in str(finding)
    assert (json.loads(path.read_text()) if kept else path.exists()) == ({"fused": was} if kept else False)


def test_tables_of_imported_runs_are_to_be_imported_again(results: Path) -> None:
    path = results / GRID / "grid.json"
    imported = {"imported": "runs.csv", "import_history": [{"time": "2026-01-01", "runs": 8}], "import_notes": []}
    path.write_text(json.dumps(json.loads(path.read_text()) | imported))
    truncate(results / GRID / "curves.parquet")
    (finding,) = examine_store(results)
    assert "tinker import" in finding.action


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["status", "spec", "result"])
def test_damaged_files_of_a_trial_are_set_aside(results: Path, name: str, damage: Damage) -> None:
    path = getattr(Store(results).folder(spec("linear", 0), HERE), name)
    damage(path)
    assert len(list(Store(results).rows())) == 8, "a listing stands it"
    (finding,) = examine_store(results)
    assert path.with_name(f"{path.name}.corrupt").exists()
    assert ("pending again" in str(finding)) == (name == "result")
    assert examine_store(results) == []


@pytest.mark.parametrize("damage", [truncate, flip, empty, folder])
@pytest.mark.parametrize("name", ["last.ckpt", "tail.ckpt"])
def test_a_checkpoint_that_cannot_be_loaded_is_set_aside(results: Path, name: str, damage: Damage) -> None:
    path = Store(results).folder(spec("linear", 0), HERE).checkpoint / name
    damage(path)
    (finding,) = examine_store(results)
    assert finding.path == path
    assert not path.exists()
    assert path.with_name(f"{name}.damaged").exists()


def test_checkpoints_of_a_trial_at_work_are_let_be_and_halves_of_dead_ones_go(results: Path) -> None:
    trial = Store(results).folder(spec("linear", 0), HERE)
    half = trial.checkpoint / f".last.ckpt.{DEAD}"
    half.touch()
    with Presence(results) as presence:
        trial.lease.write_text(json.dumps(vars(presence.holder)))
        truncate(trial.checkpoint / "last.ckpt")
        assert examine_store(results) == []
        assert half.exists()
    assert {finding.path for finding in examine_store(results)} == {
        trial.lease, half, trial.checkpoint / "last.ckpt",
    }  # fmt: skip
    assert not half.exists()


def test_what_drivers_left_that_are_gone_is_removed_and_living_ones_are_let_be(results: Path) -> None:
    trial = Store(results).folder(spec("linear", 1), HERE)
    with Presence(results) as presence:
        about = json.loads(presence.path.read_bytes())
        place = results / ".drivers"
        dead, silent, stop = place / f"{'a' * 32}.json", place / f"{'b' * 32}.json", place / f"{'c' * 32}.stop"
        dead.write_text(json.dumps(about | {"token": "a" * 32, "pid": DEAD}))
        silent.write_text(json.dumps(about | {"token": "b" * 32, "machine": "another"}))
        stop.touch()
        trial.lease.write_text(json.dumps(vars(presence.holder) | {"token": "b" * 32}))
        assert {finding.path for finding in examine_store(results, ttl=0.5)} == {trial.lease, dead, silent, stop}
        assert not any(path.exists() for path in (trial.lease, dead, silent, stop))
        assert presence.path.exists()
    assert examine_store(results) == []


@pytest.mark.parametrize("damage", [truncate, empty, folder])
def test_a_damaged_index_is_made_again(results: Path, damage: Damage) -> None:
    index = Store(results).layout.index
    assert sqlite3.connect(index).execute("PRAGMA user_version").fetchone() == (1,)
    damage(index)
    found = examine_store(results)
    assert len(found) == (damage is not empty), "an empty file is an index of nothing"
    assert len(list(Store(results).rows())) == 8
    assert index.is_file()


def test_files_from_the_future_are_said_and_change_nothing(results: Path) -> None:
    path = results / GRID / "grid.json"
    os.utime(path, (time.time() + 1e6,) * 2)
    (finding,) = examine_store(results)
    assert "in the future" in str(finding)
    assert finding.mended
    assert path.exists()


@pytest.mark.parametrize(
    ("code", "told"), [(errno.EPERM, "has no hard links"), (errno.ENOSPC, "the disk is full"), (errno.EIO, "cannot be")]
)
def test_what_no_doctor_can_mend_is_said(results: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(code, os.strerror(code), str(source), None, str(target))

    monkeypatch.setattr("tinker.doctor.medium.os.link", refuse)
    (finding,) = examine_store(results)
    assert told in str(finding)
    assert not finding.mended
    assert not list(results.glob(".probe*"))


@pytest.mark.parametrize(
    ("mount", "told"),
    [
        ('mount --bind "$R" "$R" && mount -o remount,bind,ro "$R"', "nothing was mended"),
        ('S=$(mktemp -d) && cp -r "$R/." "$S" && mount -t tmpfs -o size=2m tmpfs "$R" && cp -r "$S/." "$R"'
         ' && cat /dev/zero > "$R/fill" 2>/dev/null; true', "the disk is full"),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_written_is_said_and_left(results: Path, mount: str, told: str) -> None:
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    truncate(results / GRID / "looks.parquet")
    script = (
        "import sys; from pathlib import Path; from tinker.doctor.store import examine_store\n"
        "for f in examine_store(Path(sys.argv[1])): print(f.mended, f)"
    )
    inside = ["unshare", "-rm", "sh", "-c", f'R="$1"; {mount} && exec "$2" -c "$3" "$1"', "sh", str(results)]
    environment = {**os.environ, "PYTHONPATH": str(Path(tinker.__file__).parents[1])}
    done = subprocess.run([*inside, sys.executable, script], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first.startswith("False ")
    assert told in first
    assert (others == []) == (told == "nothing was mended")


def test_the_exit_code_is_1_where_something_is_left(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    doctor.register(app)
    monkeypatch.setattr(examine, "examine", lambda results: [])  # of the machine, which takes seconds
    truncate(results / GRID / "looks.parquet")
    path = results / GRID / "grid.json"
    call = ["--store", "--results", str(results)]
    mended = CliRunner().invoke(app, call)
    assert mended.exit_code == 0
    assert "store: 1 findings" in mended.stdout
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    left = CliRunner().invoke(app, call)
    assert left.exit_code == 1
    assert "has schema 99" in left.stdout


def test_a_number_that_no_process_has_is_of_none() -> None:
    assert ended(DEAD)
    assert ended(10**30)
    assert not ended(os.getpid())
