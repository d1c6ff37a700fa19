"""Plugins with one fault each, that some check must name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MLP = """
import random
from dataclasses import dataclass
import torch
import torch.nn.functional as F
from torch import nn
from model.linear import ResidualLinear
from model.slots import MLP

@MLP.variant()
class Planted(nn.Module):
    @dataclass(frozen=True)
    class Config:
        ratio: int = 4
        {key}

        def parameters(self, model, layer):
            return 2 * self.ratio * model.n_embd**2 + {declared}

        {off}

    def __init__(self, config, model, layer):
        super().__init__()
        self.up = nn.Linear(model.n_embd, config.ratio * model.n_embd, bias=False)
        self.down = ResidualLinear(config.ratio * model.n_embd, model.n_embd, bias=False)
        {built}

    def forward(self, x, state):
        y = self.down(F.gelu(self.up(x)))
        return {result}
"""

ATTENTION = """
from dataclasses import dataclass
import torch
from torch import nn
from model.linear import ResidualLinear
from model.slots import ATTENTION

@ATTENTION.variant()
class OffByOne(nn.Module):
    @dataclass(frozen=True)
    class Config:
        def parameters(self, model, layer):
            return 4 * model.n_embd**2

    def __init__(self, config, model, layer):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(model.n_embd, model.n_embd, bias=False) for _ in range(3))
        self.out = ResidualLinear(model.n_embd, model.n_embd, bias=False)

    def forward(self, x, state):
        seen = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril(1)
        scores = (self.query(x) @ self.key(x).mT).masked_fill(~seen, -torch.inf)
        return self.out(scores.softmax(-1) @ self.value(x))
"""

OPTIMIZER = """
from dataclasses import dataclass
import torch
from tinker.train.slots import OPTIMIZER

@OPTIMIZER.variant()
class Planted(torch.optim.SGD):
    @dataclass(frozen=True)
    class Config:
        lr: float = 0.1

    def __init__(self, config, model):
        named = dict(model.named_parameters())
        super().__init__([{{"params": {params}}}], lr=config.lr)
"""


@dataclass(frozen=True)
class Fault:
    """A plugin, the slot it is for, the check that must fail, and the words by which it names the fault."""

    slot: str
    text: str
    check: str
    named: tuple[str, ...]


def mlp(check: str, *named: str, **parts: str) -> Fault:
    """A GELU MLP with one part replaced."""
    filled = {"key": "", "declared": "0", "off": "", "built": "", "result": "y", **parts}
    return Fault("model.mlp", MLP.format(**filled), check, named)


def optimizer(check: str, *named: str, params: str) -> Fault:
    return Fault("optimizer", OPTIMIZER.format(params=params), check, named)


FAULTS = {
    "mask_off_by_one": Fault("model.attention", ATTENTION, "causal", ("a leak: position", "sees position")),
    "leak_of_1e7": mlp("causal", "a leak", result="y + 1e-7 * x.roll(-1, 1)"),
    "blind": mlp("causal", "do not depend on the token at their own position", result="F.pad(x, (0, 0, 1, -1)) * 1e30"),
    "not_finite": mlp("logits", "not finite", result="y / 0"),
    "dead": mlp(
        "alive",
        "blocks.0.mlp.idle",
        "blocks.1.mlp.idle",
        declared="3",
        built="self.idle = nn.Parameter(torch.zeros(3))",
        result="y + 0 * self.idle.sum()",
    ),
    "unused": mlp("alive", "blocks.0.mlp.idle", declared="3", built="self.idle = nn.Parameter(torch.zeros(3))"),
    "wrong_gradient": mlp(
        "gradcheck",
        "not that of finite differences: the gradient of",
        "blocks.0.mlp.up.weight",
        result="self.down(F.gelu(F.linear(x, 0.5 * (self.up.weight + self.up.weight.detach()))))",
    ),
    "not_in_optimizer": optimizer(
        "optimizer",
        "not in the optimizer: blocks.0.mlp.up.weight",
        params="[p for n, p in named.items() if 'up' not in n]",
    ),
    "twice_in_optimizer": optimizer(
        "optimizer",
        "more than once: blocks.1.mlp.down.weight",
        params="[*named.values(), named['blocks.1.mlp.down.weight']]",
    ),
    "foreign_in_optimizer": optimizer(
        "optimizer", "1 tensors in it", params="[*named.values(), torch.zeros(1, requires_grad=True)]"
    ),
    "drops_in_eval": mlp("dropout", "two passes in eval mode differ", result="F.dropout(y, 0.01)"),
    "drops_by_no_key": mlp("dropout", "with equal dropout keys differ", result="F.dropout(y, 0.01, self.training)"),
    "unread_key": mlp("keys", "nothing reads model.mlp.strength", key="strength: float = 1.0"),
    "wrong_count": mlp("declared", "blocks.0.mlp", "8,192", "8,199", "def parameters(self", declared="7"),
    "drawn_by_constructor": mlp(
        "seeds",
        "drawn by a constructor",
        "blocks.0.mlp.gain",
        "initial(name, shape, generator)",
        declared="model.n_embd",
        built="self.gain = nn.Parameter(1 + 0.1 * torch.randn(model.n_embd))",
        result="y * self.gain",
    ),
    "drawn_by_python": mlp(
        "seeds",
        "two models of one seed start with different values: blocks.0.mlp.gain",
        declared="1",
        built="self.gain = nn.Parameter(torch.tensor([random.random()]))",
        result="y * self.gain",
    ),
    "not_off": mlp(
        "off",
        "model.mlp (not_off)",
        off="def off(self, model):\n            return self, MLP.get('gelu').config(ratio=4.0)",
        result="y * 1.01",
    ),
}


def plant(name: str, folder: Path) -> tuple[str, str]:
    """Writes the plugin; the overrides that bring it in and choose it."""
    path = folder / f"{name}.py"
    path.write_text(FAULTS[name].text)
    return f"plugins=['{path}']", f"{FAULTS[name].slot}={{type: {name}}}"
