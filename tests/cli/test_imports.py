"""Quick commands load nothing slow."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Tinker, loaded
from tests.tables import made_up


def test_help_lists_the_commands_and_loads_nothing(tinker_command: Tinker) -> None:
    done = tinker_command("--help")
    assert done.returncode == 0
    for name in ("run", "status", "logs", "stop", "report", "check", "plan", "noise", "train", "replay", "freeze"):
        assert f" {name} " in done.stdout
    for name in ("verify", "schema", "doctor"):
        assert f" {name} " in done.stdout
    assert "130 interrupted" in done.stdout
    assert loaded(done) == set()


def test_no_command_is_help_too(tinker_command: Tinker) -> None:
    assert "Usage" in tinker_command().stdout


def test_a_report_needs_neither_torch_nor_ray_nor_lightning_nor_hydra(tinker_command: Tinker, tmp_path: Path) -> None:
    made_up.save(tmp_path / "results", made_up.grid({"baseline-v0": [1, 2, 3], "wide": [1, 2, 3]}))
    for arm, loss in (("baseline-v0", 2.0), ("wide", 1.9)):
        for seed in (1, 2, 3):
            made_up.finish(tmp_path / "results", arm, seed, val_loss=loss + 0.001 * seed)
    done = tinker_command("report", "made-up")
    assert done.returncode == 0, done.stderr
    assert "wide" in done.stdout
    assert not loaded(done) & {"torch", "ray", "lightning", "hydra", "pandas"}


def test_an_import_needs_neither_torch_nor_ray_nor_lightning(tinker_command: Tinker, tmp_path: Path) -> None:
    rows = [f"{arm},{seed},{loss + 0.001 * seed}" for arm, loss in (("a", 2.0), ("b", 1.9)) for seed in (1, 2, 3)]
    (tmp_path / "runs.csv").write_text("\n".join(["arm,seed,val_loss", *rows]))
    done = tinker_command("import", "runs.csv", "--control", "a", "--min-effect", "0.01")
    assert done.returncode == 0, done.stderr
    assert "results/runs: 6 runs (6 done)" in done.stdout
    assert not loaded(done) & {"torch", "ray", "lightning", "hydra"}


def test_a_report_of_an_edited_file_says_so_without_torch(tinker_command: Tinker, tmp_path: Path) -> None:
    made_up.save(tmp_path / "results", made_up.grid({"base": [1, 2]}, control="base"))
    head = "name: made-up\nquestion: What?\ncontrol: base\nseeds: 3\n"
    (tmp_path / "g.yaml").write_text(head + "decide: {metric: val_loss, min_effect: 0.5}\n")
    for layout in ("table", "md", "json"):
        done = tinker_command("report", "g.yaml", "--format", layout)
        assert done.returncode == 0, done.stderr
        assert "g.yaml is not what was run (seeds, decide changed)" in " ".join(done.stdout.replace("\\", "").split())
        assert not loaded(done) & {"torch", "ray", "lightning"}


def test_the_schema_needs_no_torch(tinker_command: Tinker) -> None:
    done = tinker_command("schema")
    assert '"properties"' in done.stdout
    assert not loaded(done) & {"ray", "lightning"}
