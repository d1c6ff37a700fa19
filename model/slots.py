"""The slots of the model. Importing this loads no variant and no torch."""

from __future__ import annotations

from model.registry import Slot

EMBEDDING = Slot("embedding", "model.embedding")
POSITION = Slot("position", "model.position")
#: An option of rotary positions, not a key under `model:`.
ROPE_SCALING = Slot("rope_scaling", "model.rope_scaling", default="none")
ATTENTION = Slot("attention", "model.attention", per_layer=True)
BACKEND = Slot("backend", "model.backend")
SOFTCAP = Slot("softcap", "model.softcap", default="none")
SINKS = Slot("sinks", "model.sinks", default="none")
GATE = Slot("gate", "model.gate", default="none")
VALUE_RESIDUAL = Slot("value_residual", "model.value_residual", default="none")
CONV = Slot("conv", "model.conv", default="none")
NORM = Slot("norm", "model.norm")
NORM_PLACE = Slot("norm_place", "model.norm_place", default="pre")
MLP = Slot("mlp", "model.mlp", per_layer=True)
RESIDUAL = Slot("residual", "model.residual", renamed={"pre_norm": "standard"})
INIT = Slot("init", "model.init")
LOSS = Slot("loss", "model.loss")

#: The slot that each field of GPTConfig (each key under `model:`) chooses from, in the order of the config.
FIELDS: dict[str, Slot] = {
    "embedding": EMBEDDING,
    "position": POSITION,
    "attention": ATTENTION,
    "backend": BACKEND,
    "qk_norm": NORM,
    "attention_softcap": SOFTCAP,
    "sinks": SINKS,
    "gate": GATE,
    "value_residual": VALUE_RESIDUAL,
    "conv": CONV,
    "norm": NORM,
    "norm_place": NORM_PLACE,
    "mlp": MLP,
    "residual": RESIDUAL,
    "init": INIT,
    "loss": LOSS,
    "logit_softcap": SOFTCAP,
}
