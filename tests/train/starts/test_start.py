"""`init_from`: what a user may write, what a trial's description says, and what is refused before anything runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from model.gpt import GPT
from tests.train.conftest import Logits
from tests.train.lab import OTHER_LANGUAGE, Lab, saved, trained
from tests.train.tiny import TINY
from tinker.config.compose import compose
from tinker.config.schema import TrialConfig
from tinker.data.corpus import load
from tinker.errors import ConfigError, UserError
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import TrialFolder
from tinker.train.entry import entry_modules
from tinker.train.start import resolve_start, start_node
from tinker.train.training import Training

pytestmark = pytest.mark.xdist_group("peft")  # beside the tests of adapters, which have the same finished trial


LLAMA = ("recipe=llama", "model.n_head=2", "model.dropout=0.0")


def config(*overrides: str) -> dict[str, Any]:
    """A tiny trial's config, not parsed yet."""
    return compose([*TINY, "data.validation_documents=30", "train.accelerator=cpu", *overrides], config_dirs=[])


def spec(lab: Lab, *overrides: str, path: str | None = None) -> TrialSpec:
    resolved = resolve_start(config(*overrides), lab.results)
    if path is not None:
        resolved["init_from"]["path"] = path
    return TrialSpec.of(TrialConfig.from_dict(resolved).as_dict(), Seeds(1, 1), "corpus")


@pytest.mark.parametrize("given", ["{id}", "{prefix}", "{{type:trial,id:{prefix}}}"])
def test_a_trial_is_named_by_its_id_or_the_beginning_of_it(lab: Lab, given: str) -> None:
    trial = lab.base.trial_id
    asked = given.format(id=trial, prefix=trial[:6])
    node = resolve_start(config(f"init_from={asked}"), lab.results)["init_from"]
    assert node == {"type": "trial", "id": trial, "path": str(lab.base.folder.path)}


def test_the_id_of_a_trial_has_its_start_in_it_and_not_where_that_lies(lab: Lab) -> None:
    here = spec(lab, f"init_from={lab.base.trial_id}")
    assert here.id == spec(lab, f"init_from={lab.base.trial_id}", path="/elsewhere").id
    assert here.id != spec(lab).id


def test_from_scratch_the_description_says_nothing_of_a_start(lab: Lab) -> None:
    plain = spec(lab, "init_from=none", "finetune=none")
    assert plain == spec(lab)
    assert not {"init_from", "finetune"} & plain.config.keys()


def test_full_fine_tuning_goes_on_from_the_last_weights(lab: Lab, logits: Logits) -> None:
    row = lab.train(f"init_from={lab.base.trial_id}", OTHER_LANGUAGE)
    begun = Training(row.spec).module.model
    weights = saved(lab.base)
    assert begun.state_dict().keys() == weights.keys()
    assert all(torch.equal(value, weights[key]) for key, value in begun.state_dict().items())
    assert not torch.equal(logits(trained(row)), logits(begun))
    assert row.result is not None
    assert row.result["trainable_params"] == row.result["params"]


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        (["init_from=0000"], "no finished trial in .* has an id that begins with '0000'"),
        (["init_from=12e3"], "was read as a number; put a trial's id in quotes"),
        (["init_from=[a,b]"], r"\['a', 'b'\] is not allowed; give one trial's id or the beginning of it, one folder"),
        (["init_from="], "it is empty; give one trial's id"),
        (["init_from=weights/none"], "'weights/none' is neither a folder nor the beginning of a trial's id"),
        (["model.n_embd=32"], r"model.n_embd is 32 here and 16 there; give model.n_embd=16"),
        (["model.position=rotary"], r"model.position.type is .rotary. here and .learned. there"),
        (["data.keys=5"], r"another vocabulary \(grammar 6 2 4 4, 18 tokens\) than grammar has \(grammar 6 2 5 4"),
    ],
)
def test_what_cannot_be_started_from_is_refused(lab: Lab, overrides: list[str], problem: str) -> None:
    start = [] if any("init_from" in text for text in overrides) else [f"init_from={lab.base.trial_id}"]
    with pytest.raises(ConfigError, match=problem) as caught:
        resolve_start(config(*overrides, *start), lab.results)
    assert caught.value.path == "init_from"


@pytest.mark.parametrize(
    ("given", "key", "problem"),
    [
        ("init_from={type: folder,path: 3}", "init_from.path", "3 is not allowed; expected text"),
        ("init_from={type: trial,id: 12e3}", "init_from.id", "12000.0 is not allowed; expected text, in quotes"),
        ("init_from.id=3fa9c1", "init_from.id", "init_from is none, which has no such key; give it whole"),
    ],
)
def test_a_node_that_says_nothing_is_refused_with_its_key(lab: Lab, given: str, key: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        resolve_start(config(given), lab.results)
    assert caught.value.path == key


def test_a_table_of_positions_must_be_as_long(lab: Lab) -> None:
    with pytest.raises(ConfigError, match=r"do not fit this model \(position\.\S+ is \(8, 16\) here, \(16, 16\) there"):
        resolve_start(config(f"init_from={lab.base.trial_id}", "model.context=8"), lab.results)


def test_weights_that_do_not_fit_are_refused_by_the_worker_too(lab: Lab) -> None:
    short = TrialConfig.from_dict(
        config("model.context=8") | {"init_from": start_node(lab.base.spec, TrialFolder(lab.base.folder.path))}
    )
    with pytest.raises(UserError, match="1 of the weights do not fit this model"):
        Training(TrialSpec.of(short.as_dict(), lab.base.spec.seeds, lab.base.spec.corpus))


def test_the_other_keys_of_a_model_may_differ(lab: Lab) -> None:
    free = ["model.dropout=0.0", "model.backend=sdpa", f"init_from={lab.base.trial_id}"]
    assert resolve_start(config(*free), lab.results)["init_from"]["id"] == lab.base.trial_id


def test_a_checkpoint_that_was_not_kept_is_an_error_that_says_what_to_run(lab: Lab, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(lab.results / "trials" / lab.base.trial_id, results / "trials" / lab.base.trial_id)
    shutil.rmtree(next(results.glob("trials/*/*/checkpoint")))
    with pytest.raises(UserError, match=r"has no checkpoint at .*run that trial again with checkpoint.keep=last"):
        resolve_start(config(f"init_from={lab.base.trial_id}"), results)


def test_a_folder_with_another_trial_in_it_is_refused_by_the_worker(lab: Lab) -> None:
    node = start_node(lab.base.spec, TrialFolder(lab.base.folder.path)) | {"id": "0123456789abcdef"}
    changed = TrialConfig.from_dict(config() | {"init_from": node})
    with pytest.raises(UserError, match=f"holds the trial {lab.base.trial_id}, not 0123456789abcdef"):
        Training(TrialSpec.of(changed.as_dict(), lab.base.spec.seeds, lab.base.spec.corpus))


def test_the_code_of_a_start_counts_only_where_it_is_used(lab: Lab) -> None:
    tuned = TrialConfig.from_dict(resolve_start(config(f"init_from={lab.base.trial_id}", "finetune=lora"), lab.results))
    scratch = entry_modules(TrialConfig.from_dict(config()))
    added = set(entry_modules(tuned)) - set(scratch)
    assert added == {"tinker.train.starts.trial", "tinker.train.finetunes.lora"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Published weights of a tiny llama over the words of `grammar`."""
    pytest.importorskip("safetensors", reason="a folder of safetensors needs safetensors")
    from tinker.pretrained import save_pretrained

    resolved = TrialConfig.from_dict(config(*LLAMA))
    save_pretrained(GPT(resolved.gpt(load(resolved.data).vocab_size), seed=9), tmp_path / "llama", "llama")
    return tmp_path / "llama"


def test_a_folder_of_safetensors_is_named_by_its_path_and_known_by_its_bytes(lab: Lab, folder: Path) -> None:
    row = lab.train(*LLAMA, f"init_from={folder}", "train.steps=10")
    node = row.spec.config["init_from"]
    assert (node["type"], node["path"]) == ("folder", str(folder))
    begun = Training(row.spec).module.model
    published = GPT(begun.config, seed=9)
    assert all(torch.equal(value, published.state_dict()[key]) for key, value in begun.state_dict().items())

    moved = folder.rename(folder.with_name("moved"))
    assert spec(lab, *LLAMA, f"init_from={moved}").id == spec(lab, *LLAMA, f"init_from={moved}", path="/else").id
    elsewhere = TrialSpec.of(
        row.spec.config | {"init_from": node | {"path": str(moved)}}, row.spec.seeds, row.spec.corpus
    )
    assert elsewhere.id == row.trial_id
    (moved / "model.safetensors").write_bytes((moved / "model.safetensors").read_bytes()[:-1] + b"\1")
    with pytest.raises(UserError, match=r"has the fingerprint .*, the trial was declared on"):
        Training(elsewhere)


def test_a_folder_of_another_model_is_refused_before_anything_runs(lab: Lab, folder: Path) -> None:
    with pytest.raises(UserError, match=r"model\.n_layer"):
        resolve_start(config(*LLAMA, "model.n_layer=2", f"init_from={folder}"), lab.results)


def test_a_vocabulary_that_is_no_number_is_the_folders_fault(lab: Lab, folder: Path) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "vocab_size": "many"}))
    with pytest.raises(UserError, match=r'config\.json: vocab_size is "many"; expected a whole number'):
        resolve_start(config(*LLAMA, f"init_from={folder}"), lab.results)
