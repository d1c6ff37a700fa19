from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from tests.config.conftest import Shipped
from tinker.config.compose import compose, compose_groups
from tinker.config.groups import SHIPPED, Groups
from tinker.config.schema import TrialConfig
from tinker.errors import UserError

Composed = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*/*.yaml")), ids=lambda p: f"{p.parent.name}={p.stem}")
def test_every_shipped_option_makes_a_valid_config(path: Path, shipped: Shipped) -> None:
    overrides = [f"{path.parent.name}={path.stem}"]
    if path.parent.name == "scale":
        overrides.append("scale.corpora=[grammar]")
    if path.parent.name == "data":
        overrides += [f"scale.corpora=[{path.stem}]", *(["data.path=x.txt"] if path.stem == "text" else [])]
    if path.stem == "schedule_free":
        overrides.append("schedule=constant")
    shipped(*overrides)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        ("cpu-char", {"n_layer": 4, "n_head": 4, "n_embd": 128, "context": 64, "dropout": 0.0}),
        ("gpu", {"n_layer": 6, "n_head": 6, "n_embd": 384, "context": 256, "dropout": 0.2}),
        ("reference", {"n_layer": 6, "n_head": 6, "n_embd": 384, "context": 256, "dropout": 0.2}),
    ],
)
def test_published_sizes_and_rates(scale: str, expected: dict[str, Any], shipped: Shipped) -> None:
    config = shipped(f"scale={scale}", "data=tinyshakespeare")
    assert {key: getattr(config.model, key) for key in expected} == expected
    assert (config.optimizer.lr, config.optimizer.betas, config.optimizer.weight_decay) == (1e-3, (0.9, 0.99), 0.1)
    assert (config.schedule.warmup_steps, config.schedule.min_lr, config.train.grad_clip) == (100, 1e-4, 1.0)
    assert config.train.steps == {"cpu-char": 2000, "gpu": 1750, "reference": 5000}[scale]
    assert config.train.batch_size == {"cpu-char": 12, "gpu": 64, "reference": 64}[scale]
    assert config.scale.requires == ("any" if scale == "cpu-char" else "gpu")


def test_groups_are_laid_over_each_other_and_named(composed: Composed) -> None:
    config = composed("scale=smoke", "schedule=constant", "logger=[csv,wandb]")
    assert (config["recipe"], config["scale"]["name"]) == ("baseline-v0", "smoke")
    assert config["schedule"] == {"type": "constant", "warmup_steps": 10}
    assert (config["logger"]["csv"], config["logger"]["tensorboard"]) == (True, False)
    assert config["logger"]["wandb"] == {"project": "tinker", "offline": False}
    assert "calibrated" not in config


def test_an_override_sets_its_own_key_and_no_other(composed: Composed) -> None:
    before, after = composed("scale=smoke"), composed("scale=smoke", "optimizer.lr=0.5")
    after["optimizer"]["lr"] = before["optimizer"]["lr"]
    assert after == before


def test_a_new_type_leaves_nothing_of_the_old_one(composed: Composed) -> None:
    assert composed("model.norm.type=rms_norm")["model"]["norm"] == {"type": "rms_norm"}
    assert composed("model.attention={type:window,size:4}")["model"]["attention"] == [{"type": "window", "size": 4}]


def test_of_two_overrides_of_one_key_the_later_counts(composed: Composed) -> None:
    assert composed("model.n_layer=3", "model.n_layer=5")["model"]["n_layer"] == 5


def test_numbers_in_every_notation(composed: Composed) -> None:
    assert composed("optimizer.lr=1e-4")["optimizer"]["lr"] == 1e-4
    assert composed()["model"]["norm"]["eps"] == 1e-5


def test_the_scale_says_which_sizes_it_set() -> None:
    sizes = compose_groups({"scale": "smoke"}, Groups.find([])).sizes
    assert {"model.n_embd", "train.steps", "train.batch_size"} <= sizes
    assert not any(key.startswith(("optimizer", "schedule", "scale")) for key in sizes)


class TestUsersFolder:
    """A folder of the user's with groups of the same names."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        root = tmp_path / "with space, and 'quote'"
        (root / "recipe").mkdir(parents=True)
        (root / "scale").mkdir()
        (root / "recipe/mine.yaml").write_text(
            "# @package _global_\ndefaults: [baseline-v0, _self_]\n"
            "model: {norm: {type: rms_norm}, attention: [window, full]}\n"
            "schedule: {type: constant, warmup_steps: '${calibrated.warmup_steps}'}\n"
        )
        (root / "scale/tiny.yaml").write_text(
            "# @package _global_\ndefaults: [smoke, _self_]\nmodel: {n_embd: 16}\ncalibrated: {lr: 1e-2}\n"
        )
        return root

    def test_adds_options_that_build_on_the_shipped_ones(self, folder: Path) -> None:
        config = compose(["recipe=mine", "scale=tiny", "train.accelerator=cpu"], config_dirs=[folder])
        assert (config["recipe"], config["scale"]["name"]) == ("mine", "tiny")
        assert (config["model"]["n_embd"], config["model"]["context"], config["optimizer"]["lr"]) == (16, 32, 1e-2)
        assert config["model"]["norm"] == {"type": "rms_norm"}
        assert config["schedule"] == {"type": "constant", "warmup_steps": 10}
        TrialConfig.from_dict(config)

    def test_is_conf_in_the_working_folder_by_default(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder.parent)
        assert "mine" not in Groups.find().options("recipe")
        folder.rename(folder.parent / "conf")
        assert compose(["recipe=mine"])["recipe"] == "mine"

    def test_cannot_hide_a_shipped_file(self, folder: Path) -> None:
        (folder / "recipe/baseline-v0.yaml").write_text("model: {}\n")
        with pytest.raises(UserError, match=r"baseline-v0\.yaml: tinker has .* another name"):
            compose([], config_dirs=[folder])

    def test_must_be_there(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="no such folder"):
            compose([], config_dirs=[tmp_path / "nowhere"])

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("# @package _global_\ndefaults: [nowhere]\n", "nowhere"),
            ("model: {norm: [\n", "bad.yaml"),
            ("a: 1\na: 2\n", "duplicate key"),
            ("- 1\n", "bad"),
            ("# @package _global_\nmodel: {n_embd: 8}\n", "model.n_embd: the scale sets it"),
            ("# @package _global_\noptimizer: {lr: '${calibrated.rate}'}\n", "calibrated.rate"),
        ],
    )
    def test_a_broken_file_is_one_message(self, text: str, says: str, folder: Path) -> None:
        (folder / "recipe/bad.yaml").write_text(text)
        with pytest.raises(UserError) as caught:
            compose(["recipe=bad"], config_dirs=[folder])
        assert says in str(caught.value)


def test_the_process_stays_as_it_was(composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with initialize_config_dir(str(SHIPPED), version_base="1.3"):
        outer = GlobalHydra.instance().hydra
        composed("scale=smoke")
        assert GlobalHydra.instance().hydra is outer
    assert not GlobalHydra.instance().is_initialized()
    composed("scale=smoke")
    assert not GlobalHydra.instance().is_initialized()
    assert Path.cwd() == tmp_path
    assert list(tmp_path.iterdir()) == []
