"""What is refused, in one message each. The folders are ours, so that `transformers` is not needed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.config import GPTConfig
from tests.pretrained.made_up import SIZES, config_of, logits_of, ours, tokens
from tinker.errors import UserError
from tinker.pretrained import load_pretrained, save_pretrained

ONE = ["recipe=llama", *SIZES]
Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("llama")
    save_pretrained(ours(*ONE), folder, "llama")
    return folder


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gpt2")
    save_pretrained(ours("recipe=gpt2", *SIZES), folder, "gpt2")
    return folder


def tensors(change: Callable[[dict[str, Tensor]], Any]) -> Change:
    """Changes the weights."""

    def apply(folder: Path) -> None:
        found = load_file(folder / "model.safetensors")
        change(found)
        save_file(found, folder / "model.safetensors", {"format": "pt"})

    return apply


def keys(**changes: Any) -> Change:
    """Changes config.json."""

    def apply(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return apply


def removed(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


BROKEN: dict[str, tuple[Change, str]] = {
    "missing tensor": (
        tensors(lambda found: found.pop("model.layers.1.mlp.up_proj.weight")),
        r"tensors unlike .*: layers\.1\.mlp\.up_proj\.weight missing$",
    ),
    "extra tensor": (
        tensors(lambda found: found.update({"model.layers.3.mlp.up_proj.weight": torch.zeros(1)})),
        r"tensors unlike .*: layers\.3\.mlp\.up_proj\.weight that its model does not have$",
    ),
    "wrong shape": (
        tensors(lambda found: found.update({"model.layers.1.mlp.up_proj.weight": torch.zeros(2, 3)})),
        r"layers\.1\.mlp\.up_proj\.weight has the shape \[2, 3\], .* has \[43, 16\] there",
    ),
    "unknown model_type": (keys(model_type="bloom"), r"no layout for model_type 'bloom'; there are: .*gpt2, llama"),
    "no model_type": (keys(model_type=None), "model_type is missing"),
    "other theta": (
        keys(rope_parameters={"rope_type": "default", "rope_theta": 500000.0}),
        r"model\.position\.theta is 10000\.0 here and 500000\.0 there; give model\.position\.theta=500000\.0$",
    ),
    "other theta, as in old files": (
        keys(rope_parameters=None, rope_theta=500000.0),
        r"give model\.position\.theta=500000\.0$",
    ),
    "other eps and other width": (
        keys(rms_norm_eps=1e-6, intermediate_size=44),
        r"give model\.norm\.eps=1e-06 model\.mlp\.hidden=44$",
    ),
    "biases": (keys(attention_bias=True), r"give model\.attention\.bias=true$"),
    "shorter context": (keys(max_position_embeddings=8), r"model\.context is 16 here and 8 there"),
    "other activation": (keys(hidden_act="relu"), r'hidden_act is "relu", .* only "silu"'),
    "other vocabulary": (
        keys(vocab_size=50),
        r"its model has 50 tokens and the corpus 37; use its tokenizer: .*data\.vocab_size=50 .*not in this",
    ),
    "impossible sizes": (keys(num_key_value_heads=3), r"no variant here computes this model: .*kv_heads: 3"),
    "no config": (removed("config.json"), r"no config\.json in it"),
    "no weights": (removed("model.safetensors"), r"neither model\.safetensors nor"),
    "config is no JSON": (lambda folder: (folder / "config.json").write_text("{") and None, "not JSON"),
    "weights cut short": (
        lambda folder: (
            (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-8]) and None
        ),
        "not a file of safetensors, or cut short",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_unlike_the_model_is_one_message(name: str, llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "copy")
    change, says = BROKEN[name]
    change(folder)
    with pytest.raises(UserError, match=says) as caught:
        load_pretrained(folder, config_of(*ONE))
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        (
            "model.position=learned",
            r"model\.position is .*learned.* here and .* there; give model\.position={type:rotary,",
        ),
        ("model.init=mup", r"model\.init is mup here and one that scales neither"),
        ("model.residual=parallel", r"give model\.residual={type:standard}$"),
        (
            "model.loss=multi_token",
            r"nothing for loss\.heads.*\(the loss is multi_token\); .* model\.loss=cross_entropy",
        ),
        ("model.attention_softcap=tanh", r"give model\.attention_softcap={type:none}$"),
    ],
)
def test_a_model_unlike_the_folder_is_one_message(override: str, says: str, llama: Path) -> None:
    with pytest.raises(UserError, match=says):
        load_pretrained(llama, config_of(*ONE, override))


def same_function(config: GPTConfig) -> dict[str, GPTConfig]:
    """Models that compute the same as `config`, though asked for otherwise."""
    from model.slots import BACKEND, INIT

    return {
        "backend": replace(config, backend=BACKEND.get("sdpa").config()),
        "init": replace(config, init=INIT.get("fan_in").config()),
        "dropout": replace(config, dropout=0.5),
    }


@pytest.mark.parametrize("name", ["backend", "init", "dropout"])
def test_what_changes_nothing_of_the_logits_may_differ(name: str, llama: Path) -> None:
    config = config_of(*ONE)
    expected = logits_of(llama, config, tokens())
    assert torch.allclose(logits_of(llama, same_function(config)[name], tokens()), expected, atol=1e-5)


@pytest.mark.parametrize("folder", ["llama", "gpt2"])
def test_a_shorter_context_takes_the_first_places(folder: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(folder)
    whole = config_of(f"recipe={folder}", *SIZES)
    expected = logits_of(path, whole, tokens())[:, :8]
    assert torch.allclose(logits_of(path, replace(whole, context=8), tokens()[:, :8]), expected, atol=1e-6)


def test_names_may_lack_the_prefix_and_buffers_of_old_files_are_known(gpt2: Path, tmp_path: Path) -> None:
    config = config_of("recipe=gpt2", *SIZES)
    expected = load_pretrained(gpt2, config)
    folder = shutil.copytree(gpt2, tmp_path / "copy")
    found = {
        name.removeprefix("transformer."): value for name, value in load_file(folder / "model.safetensors").items()
    }
    save_file({**found, "h.0.attn.bias": torch.ones(1, 1, 16, 16)}, folder / "model.safetensors")
    again = load_pretrained(folder, config)
    assert all(torch.equal(value, again[path]) for path, value in expected.items())


def test_half_precision_becomes_fp32(llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "copy")
    tensors(lambda found: found.update({name: value.bfloat16() for name, value in found.items()}))(folder)
    found, exact = (load_pretrained(path, config_of(*ONE)) for path in (folder, llama))
    assert all(torch.equal(value, exact[path].bfloat16().float()) for path, value in found.items())


def test_a_model_that_a_layout_cannot_hold_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"model\.norm is .*layer_norm.* here and .*rms_norm.* there"):
        save_pretrained(ours("recipe=gpt2", *SIZES), tmp_path / "new", "llama")
    assert not (tmp_path / "new").exists()
