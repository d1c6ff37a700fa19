"""`tinker verify` catches each planted fault and names it; a sound arm passes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.verify.conftest import SMALL, Command, findings
from tests.verify.faults import FAULTS, MLP, plant
from tinker.errors import FAILED, OK
from tinker.verify.battery import CHECKS, QUICK


@pytest.mark.usefixtures("quick_to_give_up")
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught_and_named(name: str, verify: Command, tmp_path: Path) -> None:
    fault = FAULTS[name]
    code, out, err = verify(*SMALL, *plant(name, tmp_path), "--json")
    assert code == FAILED, err
    found = findings(out)[fault.check]
    assert found["state"] == "failed", found
    for words in fault.named:
        assert words in found["seen"], found


def test_every_check_but_those_of_the_devices_has_a_fault_that_it_catches() -> None:
    assert CHECKS.keys() - {fault.check for fault in FAULTS.values()} == {
        "finite", "overfit", "backend", "products"
    }  # fmt: skip


def test_the_control_is_sound_and_its_table_is_the_list_of_checks(verify: Command) -> None:
    code, out, err = verify(*SMALL)
    assert code == OK, out
    assert out.splitlines()[0] == "baseline-v0: sound"
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(CHECKS)
    assert err == ""


def test_the_plugin_that_the_faults_are_planted_in_is_sound(verify: Command, tmp_path: Path) -> None:
    sound = MLP.format(
        key="strength: float = 1.0",
        declared="0",
        off="def off(self, model):\n            return self, MLP.get('gelu').config(ratio=4.0)",
        built="self.strength = config.strength",
        result="y * self.strength",
    )
    (tmp_path / "sound.py").write_text(sound)
    code, out, _ = verify(*SMALL, f"plugins=['{tmp_path / 'sound.py'}']", "model.mlp={type: sound}", "--json")
    assert code == OK, out
    assert findings(out)["off"]["state"] == "ok"


def test_a_variant_without_declared_parameters_is_told_how_to_declare_them(verify: Command, tmp_path: Path) -> None:
    text = MLP.format(key="", declared="0", off="", built="", result="y").replace("def parameters(", "def unasked(")
    (tmp_path / "silent.py").write_text(text)
    code, out, _ = verify(
        *SMALL, f"plugins=['{tmp_path / 'silent.py'}']", "model.mlp={type: silent}", "--json", "--quick"
    )
    assert code == FAILED
    assert (
        "def parameters(self, <what its constructor takes after the config>) -> int"
        in findings(out)["declared"]["seen"]
    )


@pytest.mark.usefixtures("quick_to_give_up")
def test_an_arm_that_raises_has_failed_that_check_and_goes_on(verify: Command, tmp_path: Path) -> None:
    text = MLP.format(key="", declared="0", off="", built="", result="y @ y")
    (tmp_path / "raises.py").write_text(text)
    code, out, _ = verify(*SMALL, f"plugins=['{tmp_path / 'raises.py'}']", "model.mlp={type: raises}", "--json")
    assert code == FAILED
    found = findings(out)
    assert found["logits"]["seen"].startswith("RuntimeError: ")
    assert found["declared"]["state"] == "ok"


@pytest.mark.usefixtures("quick_to_give_up")
def test_a_variant_that_this_arm_does_not_build_is_named(verify: Command, tmp_path: Path) -> None:
    _, out, _ = verify(*SMALL, *plant("mask_off_by_one", tmp_path), "model.sinks=learned", "--json")
    assert findings(out)["keys"]["seen"] == "no part of this arm builds model.sinks (learned)"


def test_each_arm_of_a_grid_is_checked_and_the_faulty_one_named(verify: Command, tmp_path: Path) -> None:
    plant("mask_off_by_one", tmp_path)
    grid = {
        "name": "g",
        "question": "Which arm leaks?",
        "control": "base",
        "scale": "smoke",
        "seeds": 1,
        "base": {"data.validation_documents": 30, "train.accelerator": "cpu"},
        "plugins": ["mask_off_by_one.py"],
        "decide": {"metric": "val_loss", "min_effect": 0.01},
        "arms": {"leaks": {"model.attention": "mask_off_by_one"}, "rotary": {"model.position": "rotary"}},
    }
    (tmp_path / "g.yaml").write_text(yaml.safe_dump(grid))
    code, out, _ = verify("g.yaml", "--quick")
    assert code == FAILED
    heads = [line for line in out.splitlines() if not line.startswith(tuple(QUICK))]
    assert heads == ["base: sound", "leaks: FAILED", "rotary: sound"]
    assert not (tmp_path / "results").exists()
