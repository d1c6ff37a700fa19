"""What is sent is enough to run the grid elsewhere with the same trials, and no more than that."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.cloud.stores import CLASS, commit
from tinker.cloud.pod.tree import fingerprint
from tinker.cloud.reach import bundle as bundling
from tinker.cloud.reach.bundle import bundle, packages
from tinker.cloud.reach.needs import as_given, below_here, earlier, needs_of
from tinker.errors import UserError
from tinker.grid.expand import Plan, expand
from tinker.grid.load import load_grid
from tinker.spec import TrialSpec
from tinker.store.store import Store

GRID = """
name: g
question: is it so?
control: plain
data: text
scale: cpu-char
base: {data.path: texts/a.txt, data.tokenizer: byte}
arms:
  mine: {model.mlp: doubled}
seeds: 2
decide: {metric: val_loss, direction: lower, min_effect: 0.01}
plugins: [../plugins/doubled.py]
"""
PLUGIN = """
from dataclasses import dataclass

from model.mlp.gelu import Gelu
from model.slots import MLP


@MLP.variant()
class Doubled(Gelu):
    '''Twice.'''

    @dataclass(frozen=True)
    class Config(Gelu.Config):
        '''As there.'''
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: a plugin is loaded once in a process."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("grids", "texts", "plugins"):
        (folder / name).mkdir(exist_ok=True)
    shutil.rmtree(folder / "results", ignore_errors=True)
    (folder / "grids" / "g.yaml").write_text(GRID)
    (folder / "texts" / "a.txt").write_text("To be, or not to be.\n" * 200)
    (folder / "plugins" / "doubled.py").write_text(PLUGIN)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    return folder


def plan_of(file: str, *overrides: str) -> Plan:
    return expand(load_grid(Path(file), overrides), results=Path("results"))


def names(data: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getnames()


def sent(data: bytes, *folders: str) -> list[str]:
    return [name for name in names(data) if name.split("/")[0] in folders]


def test_elsewhere_the_same_trials_are_planned_from_the_bundle_alone(here: Path, tmp_path: Path) -> None:
    ids = sorted(cell.spec.id for cell in plan_of("grids/g.yaml").cells)
    commit(Store(Path("results")), 1)  # of another grid
    data = bundle(Path("grids/g.yaml"), ["seeds=2"], Path("results"))
    assert sent(data, "work", "data", "results") == ["work/grids/g.yaml", "work/plugins/doubled.py", "work/texts/a.txt"]
    there = tmp_path / "there"
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.extractall(there, filter="data")
    assert fingerprint(there / "code") == fingerprint(packages())
    (here / "texts" / "a.txt").unlink()
    script = (
        "import json; from pathlib import Path; import tinker; from tinker.grid.expand import expand;"
        "from tinker.grid.load import load_grid; from tinker.provenance.git import git_state;"
        "plan = expand(load_grid(Path('grids/g.yaml'), ['seeds=2']), results=Path('../results'));"
        "print(json.dumps([sorted(c.spec.id for c in plan.cells), tinker.__file__, git_state()]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(there / "code"), "TINKER_CACHE": str(tmp_path / "other cache")}
    environment |= {"TINKER_GIT": str(there / "code" / "git.json")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=there / "work", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    from tinker.provenance.git import git_state

    assert json.loads(done.stdout) == [ids, str(there / "code" / "tinker" / "__init__.py"), git_state()]


def test_equal_input_makes_equal_bytes(here: Path) -> None:
    first = bundle(Path("grids/g.yaml"), [], Path("results"))
    (here / "texts" / "a.txt").touch()
    assert bundle(Path("grids/g.yaml"), [], Path("results")) == first
    assert not [name for name in names(first) if "__pycache__" in name or name.split("/")[0] == ".."]


def test_earlier_results_come_with_checkpoints_where_work_goes_on(here: Path) -> None:
    results = Path("results")
    store, [one, two, *_] = Store(results), [cell.spec for cell in plan_of("grids/g.yaml").cells]
    for each in (one, two):
        for where in (CLASS, "cpu-y"):
            store.begin(each, where, "me")
            folder = store.folder(each, where)
            folder.checkpoint.mkdir()
            (folder.checkpoint / "last.ckpt").write_bytes(b"state")
            folder.lease.write_text("{}")
    code = {"fingerprint": "f", "modules": {}}
    store.commit(two, CLASS, {"status": "done", "metrics": {}}, [], {}, code)
    (results / "g" / "spent").mkdir(parents=True)
    sent_of_grid = {"g/grid.json", "g/measured.json", "g/spent/a.json"}
    for name in (*sent_of_grid, "g/cells.parquet"):
        (results / name).write_text("{}")
    (results / ".drivers").mkdir()
    (results / ".drivers" / f"{'0' * 32}.json").write_text("{}")
    data = bundle(Path("grids/g.yaml"), [], results)
    found = {name.removeprefix("results/") for name in sent(data, "results")}
    started = {"spec.json", "status.json", "checkpoint/last.ckpt"}
    assert {name for name in found if not name.startswith("trials/")} == sent_of_grid
    for each, where in ((one, CLASS), (one, "cpu-y"), (two, "cpu-y")):
        at = f"trials/{each.id}/{where}/"
        assert {name.removeprefix(at) for name in found if name.startswith(at)} == started
    at = f"trials/{two.id}/{CLASS}/"
    kinds = {name.removeprefix(at).partition(".")[0] for name in found if name.startswith(at)}
    assert kinds == {"spec", "status", "result", "curve", "environment", "code"}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        at = f"results/trials/{one.id}/{CLASS}/checkpoint/last.ckpt"
        assert tar.getmember(at).pax_headers["mtime"].replace(".", "") == str(
            store.folder(one, CLASS).checkpoint.joinpath("last.ckpt").stat().st_mtime_ns
        )


def test_the_corpus_that_a_grid_needs_goes_with_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinker.data.corpora import tinyshakespeare

    text = "".join(map(chr, range(32, 97))) * 20_000
    monkeypatch.setattr(tinyshakespeare, "locate", text.encode)
    grid = GRID.replace("data: text", "data: tinyshakespeare").replace(
        "base: {data.path: texts/a.txt, data.tokenizer: byte}", ""
    )
    Path("grids/g.yaml").write_text(grid)
    assert sent(bundle(Path("grids/g.yaml"), [], Path("results")), "data") == ["data/tinyshakespeare.txt"]


@pytest.mark.parametrize("how", ["absolute text", "text above", "absolute plugin", "absolute grid", "grid above"])
def test_what_lies_outside_the_current_folder_is_refused_with_what_to_do(
    here: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    file, overrides = Path("grids/g.yaml"), []
    if how == "absolute text":
        overrides = [f"data.path={here / 'texts' / 'a.txt'}"]
    elif how == "text above":
        (here.parent / "b.txt").write_bytes((here / "texts" / "a.txt").read_bytes())
        overrides = ["data.path=../b.txt"]
    elif how == "absolute plugin":
        file.write_text(GRID.replace("../plugins", str(here / "plugins")))
    elif how == "absolute grid":
        file = here / file
    else:
        monkeypatch.chdir(here / "texts")
        file, overrides = Path("../grids/g.yaml"), ["data.path=a.txt"]
    with pytest.raises(UserError, match="put it below the current folder"):
        bundle(file, overrides, Path("results"))


def test_what_is_too_large_is_refused_with_sizes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "MOST", 1000)
    with pytest.raises(UserError, match=r"0\.00 GB.*largest files are code/"):
        bundle(Path("grids/g.yaml"), [], Path("results"))


def test_what_arms_start_from_goes_with_it(here: Path) -> None:
    from tinker.train.start import start_node

    results, [first, *_] = Path("results"), [cell.spec for cell in plan_of("grids/g.yaml", "seeds=3").cells]
    store = Store(results)
    path = store.folder(first, CLASS)
    code = {"fingerprint": "f", "modules": {}}
    store.commit(first, CLASS, {"status": "done", "metrics": {}}, [], {}, code)
    path.checkpoint.mkdir()
    (path.checkpoint / "last.ckpt").write_bytes(b"state")
    layout, at = store.layout, f"trials/{first.id}/{CLASS}/"
    assert f"{at}checkpoint/last.ckpt" not in dict(earlier(layout, "g", {first.id}, set()))
    assert f"{at}checkpoint/last.ckpt" in dict(earlier(layout, "g", set(), {first.id}))
    second = TrialSpec.of({**first.config, "init_from": start_node(first, path)}, first.seeds, first.corpus)
    store.begin(second, CLASS, "me")
    found = dict(earlier(layout, "g", {second.id}, set()))
    assert {f"{at}result.json", f"{at}checkpoint/last.ckpt"} <= found.keys()


def test_a_folder_that_is_named_is_sent_whole_but_for_what_is_hidden_in_it(here: Path) -> None:
    weights = here / ".models" / "small"
    (weights / ".git").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", ".git/x"):
        (weights / name).write_text(name)
    found = dict(below_here("init_from", ".models/small"))
    assert sorted(found) == [".models/small/config.json", ".models/small/model.safetensors"]
    with pytest.raises(UserError, match="nowhere is not there"):
        list(below_here("init_from", "nowhere"))
    assert as_given(str(weights), ["x", "./.models/small"]) == "./.models/small"
    assert as_given(str(weights), ["x"]) == ".models/small"


def test_a_file_in_the_results_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "my.txt").write_text("What's past is prologue. " * 40)
    (tmp_path / "g.yaml").write_text(
        "name: g\nquestion: q\ncontrol: c\nseeds: 1\nscale: smoke\narms: {l: {model.attention: linear}}\n"
        "decide: {metric: val_loss, min_effect: 0.01}\n"
    )
    words = ["data=text", "data.path=results/my.txt", "train.accelerator=cpu"]
    with pytest.raises(UserError, match=r"results/my\.txt: lies in the results folder"):
        needs_of(Path("g.yaml"), words, Path("results"))
