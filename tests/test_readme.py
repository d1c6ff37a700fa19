"""The README tells the truth: its commands work, its tables match the registries and config files, its files exist."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.core import TyperGroup

from model.slots import ATTENTION, FIELDS
from tinker.cli.main import app
from tinker.cli.options import apart
from tinker.config.compose import compose
from tinker.config.groups import Groups
from tinker.config.merge import apply
from tinker.config.schema import TrialConfig
from tinker.config.suggest import given
from tinker.data.corpora import tinyshakespeare
from tinker.data.corpus import DATA
from tinker.errors import UserError
from tinker.grid.decide import Decide
from tinker.grid.expand import expand
from tinker.grid.fleet import Fleet
from tinker.grid.load import load_grid
from tinker.grid.schema import Budget, Declaration, Resources
from tinker.train.slots import OPTIMIZER, SCHEDULE
from tinker.verify.battery import examine
from tinker.verify.subject import Subject

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md")
PARTS = {"decide": Decide, "resources": Resources, "budget": Budget, "fleet": Fleet}

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line[2:] for kind, text in BLOCKS if kind == "console" for line in text.splitlines() if line[:2] == "$ "]
FILES = {match[1]: text for _, text in BLOCKS if (match := re.match(r"(?:# @.*\n)?# (\S+\.(?:yaml|py))\n", text))}


def rows(header: str) -> list[list[str]]:
    """The cells of the table whose header begins so."""
    lines = README.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(header))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def said(value: Any) -> str:
    """A default as the README writes it."""
    if value is MISSING:
        return "required"
    if isinstance(value, (dict, list, tuple)):
        return f"`{json.dumps(value)}`"
    return f"`{value}`" if isinstance(value, str) and value else f"`{given(value)}`".replace("''", '""')


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped grids and the files that the README writes, as the current one."""
    monkeypatch.chdir(tmp_path)
    built_in = {name: ATTENTION.get(name) for name in ATTENTION.builtin_names()}
    monkeypatch.setattr(ATTENTION, "_variants", built_in)  # so that the README's plugin leaves again
    (tmp_path / "grids").symlink_to(ROOT / "grids")
    (tmp_path / "my.txt").write_text("What's past is prologue. " * 40)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def parsed(line: str) -> dict[str, Any]:
    """The arguments and options of a command, as the command itself reads them."""
    name, *arguments = shlex.split(line.partition(" > ")[0])[1:]
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands[name]
    if isinstance(command, TyperGroup):
        name, *arguments = arguments
        command = command.commands[name]
    return command.make_context(name, arguments).params


def grids_of(line: str) -> tuple[list[str], list[str]]:
    """The grids and the overrides that a command names."""
    found = parsed(line)
    return apart([*(found.get("grids") or [found["grid"]]), *(found.get("overrides") or [])])


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("tinker ")])
def test_a_command_parses(line: str) -> None:
    parsed(line)


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if re.match(r"tinker (plan|run|report|cloud plan) \S+\.yaml", line)]
)
def test_a_grid_with_its_overrides_expands(line: str, workplace: Path) -> None:
    files, overrides = grids_of(line)
    for file in files:
        grid = load_grid(Path(file), overrides)
        if grid.choices["data"] == "tinyshakespeare":
            try:
                tinyshakespeare.locate()
            except UserError as error:
                pytest.skip(f"Tiny Shakespeare is not here: {error}")
        assert len(expand(grid).arms) > 1


def test_a_report_by_name_names_results_that_a_command_before_it_makes(workplace: Path) -> None:
    runs = [grids_of(line) for line in COMMANDS if line.startswith("tinker run")]
    made = {load_grid(Path(file), overrides).results_name for files, overrides in runs for file in files}
    made |= {Path(shlex.split(line)[2]).stem for line in COMMANDS if line.startswith("tinker import")}
    named = [shlex.split(line)[2] for line in COMMANDS if line.startswith("tinker report")]
    assert {name for name in named if not name.endswith(".yaml")} <= made


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("tinker train")])
def test_overrides_of_a_single_trial_compose(line: str, workplace: Path) -> None:
    overrides = [argument for argument in shlex.split(line)[2:] if not argument.startswith("-")]
    TrialConfig.from_dict(compose([*overrides, "train.accelerator=cpu"]))


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_a_make_target_exists(line: str) -> None:
    assert re.search(rf"^{re.escape(line.split()[1])}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_plugin_is_short() -> None:
    assert len(FILES["talking_heads.py"].splitlines()) < 30


def test_the_plugin_passes_every_check(workplace: Path) -> None:
    changes = {"model.attention": "talking_heads", "plugins": ["talking_heads.py"], "train.accelerator": "cpu"}
    config = TrialConfig.from_dict(apply(compose(["scale=smoke"]), changes))
    findings = list(examine(Subject("talking", config)))
    assert [f"{line.check}: {line.finding.seen}" for line in findings if line.finding.state == "failed"] == []


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def test_every_key_of_a_grid_is_listed_with_its_default() -> None:
    expected = []
    for field in fields(Declaration):
        inner = fields(PARTS[field.name]) if field.name in PARTS else ()
        for key in inner:
            expected.append((f"`{field.name}.{key.name}`", said(_default(key))))
        if not inner:
            expected.append((f"`{field.name}`", said(_default(field))))
    assert sorted((key, default) for key, default, _ in rows("| key | default |")) == sorted(expected)


def test_every_slot_is_listed_with_types_that_there_are() -> None:
    slots = {f"model.{name}": slot for name, slot in FIELDS.items()} | {"optimizer": OPTIMIZER, "schedule": SCHEDULE}
    listed = set()
    for keys, _, types in rows("| key | what it decides |"):
        for key in re.findall(r"`([^`]+)`", keys):
            listed.add(key)
            if not types.startswith("as "):
                outside = re.sub(r"\([^()]*\)", "", types)  # what stands in brackets are a type's keys
                assert set(re.findall(r"`([^`]+)`", outside)) <= set(slots[key].builtin_names()), key
    assert listed == set(slots)


def test_every_scale_is_listed_with_its_numbers() -> None:
    expected = []
    for name in Groups.find([]).options("scale"):
        config = yaml.safe_load((ROOT / "tinker" / "conf" / "scale" / f"{name}.yaml").read_text())
        model, train = config["model"], config["train"]
        cells = [f"`{name}`", f"{model['n_layer']} x {model['n_embd']}", str(model["n_head"]), str(model["context"])]
        cells += [f"{train['steps']} x {train['batch_size']}", f"{float(config['calibrated']['lr']):g}"]
        expected.append([*cells, str(model["dropout"]), ", ".join(config["scale"]["corpora"])])
    assert sorted(rows("| scale |")) == sorted(expected), "\n".join(f"| {' | '.join(row)} |" for row in expected)


def test_every_corpus_is_listed() -> None:
    assert sorted(row[0] for row in rows("| data |")) == [f"`{name}`" for name in DATA.builtin_names()]


def test_every_group_of_configs_is_named() -> None:
    for group in Groups.find([]).names:
        assert f"`{group}`" in README
    for logger in Groups.find([]).options("logger"):
        assert logger == "none" or f"logger={logger}" in README


@pytest.mark.parametrize("page", PAGES)
def test_a_link_to_a_file_or_a_heading_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    headings = {
        re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings
        elif not target.startswith("https://"):
            assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_a_file_in_backquotes_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    named = re.findall(r"`((?:grids|model|tinker|tests|\.github|\.ci)/[\w./-]*)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []
