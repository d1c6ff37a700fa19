"""What the doctor says of machines that lack something."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import Distribution
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from tinker.cli import doctor
from tinker.data.corpora import tinyshakespeare
from tinker.doctor import collisions, corpora, hardware, libraries, room
from tinker.doctor.examine import can_run
from tinker.doctor.finding import Finding
from tinker.doctor.show import show
from tinker.train import matmul


def distribution(folder: Path, name: str, files: list[str], entry_points: str = "") -> Distribution:
    """An installed distribution with those files, each of which is there: newer Pythons leave out others."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    for file in files:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).touch()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    (info / "entry_points.txt").write_text(entry_points)
    return Distribution.at(info)


def test_another_distribution_with_our_package_or_command_is_named(tmp_path: Path) -> None:
    installed = [
        distribution(tmp_path, "tinker", ["tinker/__init__.py"], "[console_scripts]\ntinker = tinker.cli:main\n"),
        distribution(tmp_path, "somebodys-model", ["model.py", "other/__init__.py"]),
        distribution(tmp_path, "harmless", ["models/__init__.py"], "[console_scripts]\ntinker-2 = models:main\n"),
        distribution(tmp_path, "tinker_matrix", ["tinker/__init__.py", "model/__init__.py"]),
    ]
    found = list(collisions.other_distributions(installed))
    assert [finding.state for finding in found] == ["warning", "warning"]
    assert "tinker 1.0 brings the package tinker and the command tinker" in found[0].found
    assert "pip uninstall tinker," in found[0].advice
    assert "somebodys-model 1.0 brings the package model" in found[1].found


def test_a_module_in_the_current_folder_that_hides_ours_is_named(tmp_path: Path) -> None:
    (tmp_path / "tinker").mkdir()  # without __init__.py Python prefers ours
    assert list(collisions.shadows(tmp_path)) == []
    (tmp_path / "model.py").touch()
    (tmp_path / "tinker" / "__init__.py").touch()
    found = [finding.found for finding in collisions.shadows(tmp_path)]
    assert len(found) == 2
    assert str(tmp_path / "model.py") in found[1]
    assert list(collisions.shadows(Path(collisions.__file__).parents[2])) == []


def test_a_command_of_another_environment_is_named(tmp_path: Path) -> None:
    assert list(collisions.other_commands(str(tmp_path / "bin" / "tinker"), tmp_path)) == []
    assert list(collisions.other_commands(None, tmp_path)) == []
    (found,) = collisions.other_commands("/elsewhere/bin/tinker", tmp_path)
    assert found.state == "warning"
    assert "/elsewhere/bin/tinker" in found.found


@pytest.mark.parametrize(("running", "state"), [((3, 10), "missing"), ((3, 11), "ok"), ((3, 13), "ok")])
def test_python_versions(running: tuple[int, int], state: str) -> None:
    assert libraries.python(running).state == state


def test_a_library_that_cannot_be_imported_stops_grids_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "NEEDED", [("no_such_module", "no-such", "does nothing"), ("json", "json", "")])
    missing, there = libraries.needed()
    assert missing.state == "missing"
    assert "No module named 'no_such_module'" in missing.found
    assert there.state == "ok"
    assert not can_run([missing, there])
    assert can_run([there])


def test_an_extra_that_is_not_there_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "EXTRAS", [("no_such_module", "no-such", "wandb", "logger=wandb")])
    (found,) = libraries.extras()
    assert found.state == "optional"
    assert "'.[wandb]'" in found.advice
    assert can_run([found])


def test_a_results_folder_that_cannot_be_made_stops_grids(tmp_path: Path) -> None:
    assert room.results_folder(tmp_path / "not" / "there" / "yet").state != "missing"
    (tmp_path / "file").touch()
    found = room.results_folder(tmp_path / "file" / "results")
    assert found.state == "missing"
    assert "--results" in found.advice


def test_too_little_shared_memory_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "OBJECT_STORE_BYTES", 2**62)
    found = room.shared_memory(tmp_path)
    assert found.state == "warning"
    assert "--shm-size" in found.advice
    assert room.shared_memory(tmp_path / "none").state == "ok"


@pytest.mark.parametrize("place", ["own/tinyshakespeare.txt", "own/input.txt", "cache/tinyshakespeare.txt"])
def test_the_corpus_is_seen_wherever_training_would_find_it(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    assert corpora.tinyshakespeare().state == "optional"
    text = b"To be"
    monkeypatch.setattr(tinyshakespeare, "SHA256", hashlib.sha256(text).hexdigest())
    (tmp_path / place).parent.mkdir()
    (tmp_path / place).write_bytes(text)
    assert tinyshakespeare.locate() == text
    assert corpora.tinyshakespeare() == Finding("data=tinyshakespeare", "ok", str(tmp_path / place))
    (tmp_path / place).write_bytes(b"Not to be")
    assert corpora.tinyshakespeare().state == "warning"


@pytest.mark.parametrize(("rates", "named"), [((100e9, 250e9), True), ((100e9, 120e9), False), ((100e9,), False)])
def test_the_faster_library_for_products_is_named(
    rates: tuple[float, ...], named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    answers = iter(rates)
    monkeypatch.setattr(matmul, "onednn_works", lambda: len(rates) == 2)
    monkeypatch.setattr(matmul, "flops_per_second", lambda library, threads: next(answers))
    (found,) = hardware.products()
    assert ("train.matmul=onednn" in found.advice) == named
    assert ("250 GFLOP/s by oneDNN" in found.found) == named
    assert found.state == "ok"


@pytest.mark.skipif(not matmul.onednn_works(), reason="this PyTorch has no oneDNN")
def test_products_are_really_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    before = torch.get_num_threads()
    (found,) = hardware.products()
    usual, onednn = (float(part.split()[0]) for part in found.found.split(", ")[:2])
    assert 0.1 < usual < 1e5
    assert 0.1 < onednn < 1e5
    assert torch.get_num_threads() == before


def test_the_verdict_names_what_is_missing() -> None:
    lines = list(show([Finding("ray", "missing", "import ray fails", "install it"), Finding("torch", "ok", "2")]))
    assert lines[-1].endswith("missing: ray")
    assert "-> install it" in lines[1]


def test_the_command_answers_in_json_and_heals_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = typer.Typer()
    doctor.register(app)
    monkeypatch.setattr(libraries, "NEEDED", [("json", "json", "")])  # the real imports take many seconds
    damaged = tmp_path / "trials" / f"{1:016x}" / "cpu-made-up" / "status.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("half a fi")
    answer = CliRunner().invoke(app, ["--json", "--store", "--results", str(tmp_path)])
    made = json.loads(answer.stdout)
    assert (answer.exit_code, made["can_run"]) == (0, True)
    assert str(damaged) in made["store"][0]
    assert not damaged.exists()
    monkeypatch.setattr(libraries, "NEEDED", [("no_such_module", "no-such", "")])
    assert CliRunner().invoke(app, ["--results", str(tmp_path)]).exit_code == 1
