"""A grid that is right, and many ways to break it: by one change of its text, or by one override.

`at` is the line that the message must name: its number, or a text that it is the first to have. `says` are the parts
that the message must have: the key, what was given, what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOD = """\
name: good
question: Does it load?
control: baseline-v0
recipe: baseline-v0
data: grammar
scale: smoke
base:
  train.steps: 20
  train.eval_every: 10
arms:
  mqa:
    model.attention.kv_heads: 1
  window:
    model.attention:
      type: window
      size: 8
axes:
  model.n_layer: [2, 3]
  model.n_embd: [32, 64]
exclude:
  - { model.n_layer: 3, model.n_embd: 64 }
include:
  - name: rotary
    model.position: rotary
seeds:
  arms: 2
  control: 3
decide:
  metric: val_loss
  min_effect: 0.01
resources:
  cpus: 1
budget:
  hours: 1
retries: 2
"""

SEEDS = "seeds:\n  arms: 2\n  control: 3\n"
AXES = "  model.n_layer: [2, 3]\n  model.n_embd: [32, 64]\n"
EXCLUDE = "exclude:\n  - { model.n_layer: 3, model.n_embd: 64 }\n"
MQA = "    model.attention.kv_heads: 1\n"


@dataclass(frozen=True)
class Broken:
    """`old` is replaced by `new` in GOOD."""

    name: str
    old: str
    new: str
    at: str | int
    says: tuple[str, ...]


def broken(name: str, old: str, new: str, at: str | int, *says: str) -> Broken:
    """In one line each, for the table below."""
    return Broken(name, old, new, at, says)


def arm(name: str, diff: str, at: str | int, *says: str) -> Broken:
    """The arm `mqa` has that diff instead."""
    return Broken(name, MQA, f"    {diff}\n", at, says)


FILES = [
    # the file itself
    broken("empty file", GOOD, "", 1, "expected a mapping", "an empty file"),
    broken("a list", GOOD, "- a\n- b\n", 1, "expected a mapping", "a list"),
    broken("open bracket", "[2, 3]", "[2, 3", "model.n_embd: [32", "not YAML"),
    broken("tab", "  arms: 2", "\tarms: 2", "\tarms", "not YAML"),
    broken("tag", "retries: 2", "retries: !!python/name:os.system 2", "retries", "not YAML"),
    broken("alias of itself", "retries: 2", "budget2: &a [*a]", "budget2", "alias"),
    broken("key twice", "retries: 2", "retries: 2\nname: again", "name: again", "'name'", "line 1"),
    broken("arm twice", "  window:", "  mqa:", 13, "'mqa'", "line 11"),
    broken("list as key", "retries: 2", "? [a]\n: 2", "? [a]", "key"),
    # the grid's own keys
    broken("misspelt key", "decide:", "decied:", "decied", "'decied'", "did you mean 'decide'", "arms"),
    broken("key of no use", "retries: 2", "wibble: 2", "wibble", "'wibble'", "Allowed", "retries"),
    broken("no control", "control: baseline-v0\n", "", 1, "control", "missing"),
    broken("no question", "question: Does it load?\n", "", 1, "question", "missing"),
    broken("blank question", "Does it load?", '" "', "question", "question", "not empty"),
    broken("no seeds", SEEDS, "", 1, "seeds", "missing"),
    broken("no rule", "decide:\n  metric: val_loss\n  min_effect: 0.01\n", "", 1, "decide", "missing"),
    broken("capital name", "name: good", "name: Good", "name", "'Good'", "lower-case"),
    broken("name with a slash", "name: good", "name: a/b", "name", "'a/b'", "lower-case"),
    broken("number as name", "name: good", "name: 7", "name", "7", "text"),
    broken("no such recipe", "recipe: baseline-v0", "recipe: gpt5", "recipe", "'gpt5'", "baseline-v0"),
    broken("no such scale", "scale: smoke", "scale: smok", "scale", "'smok'", "did you mean 'smoke'", "cpu-char"),
    broken("no such corpus", "data: grammar", "data: grammer", "data", "did you mean 'grammar'", "tinyshakespeare"),
    broken("retries by half", "retries: 2", "retries: 1.5", "retries", "1.5", "a whole number"),
    broken("retries negative", "retries: 2", "retries: -1", "retries", "-1", "at least 0"),
    broken("no CPU", "cpus: 1", "cpus: 0", "cpus", "0", "above 0"),
    broken("misspelt resource", "cpus: 1", "cpu: 1", "cpu:", "'cpu'", "did you mean 'cpus'", "gpus", "concurrent"),
    broken("resources a number", "resources:\n  cpus: 1", "resources: 1", "resources", "a mapping"),
    broken("budget in text", "hours: 1", "hours: 1:30", "hours", "'1:30'", "a number", "null"),
    broken("misspelt budget", "hours: 1", "dollars: 1", "dollars", "'dollars'", "hours", "usd_per_hour", "trials"),
    broken("money without a price", "hours: 1", "usd: 1", "usd", "budget.usd", "give budget.usd_per_hour"),
    broken("priority a word", "retries: 2", "retries: 2\npriority: high", "priority", "'high'", "a whole number"),
    broken("plugin not there", "retries: 2", "plugins: [mine.py]", "plugins", "mine.py", "Python file"),
    # seeds
    broken("no seed", SEEDS, "seeds: 0\n", "seeds", "0", "at least 1"),
    broken("seeds true", SEEDS, "seeds: true\n", "seeds", "true", "a whole number"),
    broken("seeds in words", SEEDS, "seeds: three\n", "seeds", "'three'", "a whole number", "a list"),
    broken("seeds empty", SEEDS, "seeds: []\n", "seeds", "empty", "at least one"),
    broken("seed twice", SEEDS, "seeds: [1, 2, 1]\n", "seeds", "1", "twice"),
    broken("seed negative", SEEDS, "seeds: [1, -2]\n", "seeds", "-2", "at least 0"),
    broken("half a pair", SEEDS, "seeds:\n  - { init: 1 }\n", "- { init", "data", "missing"),
    broken("control has fewer", "  control: 3", "  control: 1", "control: 1", "seeds.control", "2"),
    broken("no such control seeds", "  control: 3", "  control: many", "control: many", "seeds.control", "'auto'"),
    # the rule
    broken("no such metric", "val_loss", "val_los", "metric", "'val_los'", "val_loss", "excess_<skill>"),
    broken("no such skill", "val_loss", "excess_poetry", "metric", "excess_poetry", "local, nesting, recall"),
    broken("bits per byte of no text", "val_loss", "val_bpb", "metric", "val_bpb", "text only"),
    broken("no effect at all", "min_effect: 0.01", "min_effect: 0", "min_effect", "0", "above 0"),
    broken("effect in quotes", "min_effect: 0.01", 'min_effect: "1e-2"', "min_effect", "'1e-2'", "a number"),
    broken("effect missing", "  min_effect: 0.01\n", "", "decide", "min_effect", "missing"),
    broken("direction", "  metric", "  direction: down\n  metric", "direction", "'down'", "'lower'", "'higher'"),
    broken("alpha above a half", "  metric", "  alpha: 1.5\n  metric", "alpha", "1.5", "below 0.5"),
    broken("alpha yes", "  metric", "  alpha: yes\n  metric", "alpha", "'yes'", "a number"),
    broken("correction", "  metric", "  correction: fdr\n  metric", "correction", "'fdr'", "'holm'", "'none'"),
    # arms
    broken("arm named as the control", "  mqa:", "  baseline-v0:", "  baseline-v0:", "'baseline-v0'", "control"),
    broken("arm with a slash", "  mqa:", "  m/qa:", "m/qa", "'m/qa'", "lower-case"),
    broken("arm without diff", MQA, "", "  mqa", "arms.mqa", "null", "a mapping"),
    arm("arm equal to the control", "model.position: learned", "  mqa", "'mqa'", "'baseline-v0'"),
    arm("unknown key", "model.n_layr: 3", "n_layr", "model.n_layr", "did you mean 'n_layer'", "n_head"),
    arm("unknown part", "modle.n_layer: 3", "modle", "'modle'", "did you mean 'model'", "optimizer"),
    arm("unknown variant", "model.attention: windw", "windw", "'windw'", "did you mean 'window'", "linear"),
    arm("key of another variant", "model.attention: {type: linear, size: 8}", "size: 8}", "linear", "'size'", "none"),
    arm("misspelt key of a variant", "model.attention: {type: window, sise: 8}", "sise", "did you mean 'size'"),
    arm("text for a number", "model.attention: {type: window, size: big}", "big", "'big'", "a whole number"),
    arm("half a layer", "model.n_layer: 2.5", "2.5", "model.n_layer", "2.5", "a whole number"),
    arm("yes for true", "model.embedding.tied: yes", "tied", "model.embedding.tied", "'yes'", "true or false"),
    arm("number for true", "model.embedding.tied: 1", "tied", "model.embedding.tied", "1", "true or false"),
    arm("heads that do not divide", "model.attention.kv_heads: 3", "heads: 3", "kv_heads", "3"),
    arm("width that heads do not divide", "model.n_embd: 33", "33", "model.n_embd", "33", "n_head 2", "32"),
    arm("more entries than layers", "model.attention: [full, full, linear]", "linear]", "model.attention", "3", "2"),
    arm("no layer", "model.attention: []", "[]", "model.attention", "empty", "window"),
    arm("layer that is not there", "model.attention.2.kv_heads: 1", ".2.", "model.attention.2", "0 to 1"),
    arm("whole and part", "model.attention: [full]\n    model.attention.0.kv_heads: 1", "  mqa", "attention", "twice"),
    arm("two values", "model: {n_layer: 3}\n    model.n_layer: 4", "  mqa", "model.n_layer", "3", "4", "twice"),
    arm("mapping over numbers", "optimizer.betas: {a: 1}", "betas", "optimizer.betas", "whole list"),
    arm("one beta", "optimizer.betas: [0.9]", "betas", "optimizer.betas", "[0.9]", "a list of 2"),
    arm("negative rate", "optimizer.lr: -1e-3", "lr:", "optimizer.lr", "-0.001", "above 0"),
    arm("rate below its floor", "optimizer.lr: 1e-5", "lr:", "min_lr", "0.0006", "optimizer.lr 1e-05"),
    arm("key missing in a new type", "data: {type: text}", "data: {type", "corpus", "'text'", "'grammar'"),
    arm("another precision", "train.precision: bf16", "precision", "train.precision", "`base`"),
    arm("another scale", "scale.name: cpu", "scale.name", "scale.name", "`base`"),
    arm("another logger", "logger.csv: true", "logger", "logger.csv", "`base`"),
    arm("other tokens", "data.keys: 3", "data.keys", "data", "val_bpb"),
    # what all arms share
    broken("evaluations past the end", "eval_every: 10", "eval_every: 30", "eval_every", "30", "train.steps 20"),
    broken("warm-up past the end", "train.e", "schedule.warmup_steps: 30\n  train.e", "warmup", "30", "steps 20"),
    broken("no steps", "steps: 20", "steps: 0", "steps: 0", "train.steps", "0", "at least 1"),
    broken("corpus of another scale", "scale: smoke", "scale: reference", "data", "'grammar'", "tinyshakespeare"),
    broken("base a list", "base:\n  train.steps: 20\n  train.eval_every: 10", "base: [1]", "base:", "a mapping"),
    # combinations
    broken("axis without values", "[32, 64]", "[]", "n_embd: []", "model.n_embd", "expected"),
    broken("axis a number", "[32, 64]", "64", "n_embd: 64", "model.n_embd", "64", "a list"),
    broken("axis value twice", "[32, 64]", "[32, 64, 32]", "64, 32]", "model.n_embd", "twice"),
    broken("axis unknown", EXCLUDE, "zip: { model.width: [1] }\n", "width", "'width'", "n_embd"),
    broken("include unknown", "model.position: rotary", "model.place: rotary", "place", "'place'", "position"),
    broken("zip of two lengths", EXCLUDE, "zip: {model.n_head: [1, 2], optimizer.lr: [1e-3]}\n", "zip", "2", "1"),
    broken("axis and zip", EXCLUDE, "zip:\n  model.n_layer: [2, 3]\n", 21, "model.n_layer", "`axes`"),
    broken(
        "exclude no axis", "{ model.n_layer: 3,", "{ model.n_head: 3,", "- { model", "'model.n_head'", "model.n_embd"
    ),
    broken("exclude nothing", "embd: 64 }", "embd: 65 }", "- { model", "65", "no combination"),
    broken("exclude all", EXCLUDE, "exclude: [{model.n_layer: 2}, {model.n_layer: 3}]\n", "exclude", "every"),
    broken("include a name again", "- name: rotary", "- name: window", "- name: window", "'window'", "taken"),
    broken("include a number as name", "- name: rotary", "- name: 1", "- name", "1", "text"),
]

OVERRIDES: list[tuple[str, tuple[str, ...]]] = [
    ("model.n_layer", ("key=value",)),
    ("model.n_layer=[1", ("grammar",)),
    ("model.n_layer=1,2", ("sweep", "axes")),
    ("model.n_layer=range(1,3)", ("sweep", "axes")),
    ("~model.n_layer", ("cannot be deleted",)),
    ("+model.n_layer=3", ("leave out the +",)),
    ("data@other=grammar", ("package",)),
    ("model.n_layer=${model.n_head}", ("give the value",)),
    ("modle.n_layer=3", ("'modle'", "did you mean 'model'", "optimizer")),
    ("model.n_layers=3", ("'n_layers'", "did you mean 'n_layer'", "n_head")),
    ("model.n_layer=two", ("model.n_layer", "'two'", "a whole number")),
    ("model.n_layer=0", ("model.n_layer", "0", "at least 1")),
    ("model.n_head=5", ("model.n_embd", "n_head 5")),
    ("model.dropout=1", ("model.dropout", "1", "below 1")),
    ("model.attention.1.kv_heads=7", ("kv_heads", "7")),
    ("model.attention.kv_heads=7", ("kv_heads", "7")),
    ("model.position=rotaryy", ("'rotaryy'", "did you mean 'rotary'", "learned")),
    ("optimizer=adamm", ("'adamm'", "did you mean 'adamw'")),
    ("optimizer.betas=[0.9]", ("optimizer.betas", "a list of 2")),
    ("schedule=3", ("schedule", "3", "cosine")),
    ("scale=huge", ("'huge'", "cpu-char", "reference")),
    ("scale=reference", ("'grammar'", "tinyshakespeare", "scale.corpora")),
    ("data=text", ("data.path", "missing", "text")),
    ("recipe=gpt5", ("'gpt5'", "baseline-v0")),
    ("logger=[csv,print]", ("'print'", "tensorboard")),
    ("logger.wandb={project:a}", ("logger.wandb.offline", "missing")),
    ("train.accelerator=tpu", ("train.accelerator", "'tpu'", "'cuda'")),
    ("train.precision=fp64", ("train.precision", "'fp64'", "'bf16'")),
    ("train.compile=1", ("train.compile", "1", "true or false")),
    ("train.steps=5", ("train.eval_every", "10", "train.steps 5")),
    ("optimizer.lr=1e-5", ("schedule.min_lr", "0.0006", "optimizer.lr 1e-05")),
    ("checkpoint.keep=some", ("checkpoint.keep", "'some'", "'last'")),
    ("seeds=0", ("seeds", "0", "at least 1")),
    ("seeds.control=1", ("seeds.control", "2")),
    ("decide.alpha=2", ("decide.alpha", "2", "below 0.5")),
    ("decide.aplha=0.1", ("'aplha'", "did you mean 'alpha'")),
    ("resources.fused=some", ("resources.fused", "'some'", "a whole number", "'auto'")),
    ("resources.compile=true", ("resources.compile", "true", "'auto'", "null")),
    ("resources.cpus=-1", ("resources.cpus", "-1", "above 0")),
    ("budget={hour:1}", ("'hour'", "did you mean 'hours'")),
    ("budget.usd=5", ("budget.usd", "5 dollars", "budget.usd_per_hour")),
    ("budget={usd: 5, usd_per_hour: 0}", ("budget.usd_per_hour", "0", "above 0")),
    ("budget.trials=1.5", ("budget.trials", "1.5", "a whole number")),
    ("priority=2", ("priority", "file", "budget")),
    ("retries=many", ("retries", "'many'", "a whole number")),
    ("name=other", ("name", "file", "seeds")),
    ("arms.mqa=1", ("arms.mqa", "file", "seeds")),
]
