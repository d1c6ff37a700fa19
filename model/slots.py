"""The slots of the model. Importing this loads no variant and no torch."""

from __future__ import annotations

from model.registry import Slot

EMBEDDING = Slot("embedding", "model.embedding")
POSITION = Slot("position", "model.position")
ATTENTION = Slot("attention", "model.attention", per_layer=True)
BACKEND = Slot("backend", "model.backend")
NORM = Slot("norm", "model.norm")
MLP = Slot("mlp", "model.mlp", per_layer=True)
RESIDUAL = Slot("residual", "model.residual")
INIT = Slot("init", "model.init")
LOSS = Slot("loss", "model.loss")

#: The slot that each field of GPTConfig (each key under `model:`) chooses from, in the order of the config.
FIELDS: dict[str, Slot] = {
    "embedding": EMBEDDING,
    "position": POSITION,
    "attention": ATTENTION,
    "backend": BACKEND,
    "qk_norm": NORM,
    "norm": NORM,
    "mlp": MLP,
    "residual": RESIDUAL,
    "init": INIT,
    "loss": LOSS,
}
