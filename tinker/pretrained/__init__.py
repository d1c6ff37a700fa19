"""Published weights: folders of safetensors with a config.json, in the layouts of `transformers`, to our GPT and back.

A layout is a file in `tinker.pretrained.layouts`, named as the `model_type` of the config.json that it reads.
"""

from __future__ import annotations

from tinker.pretrained.agree import overrides_for
from tinker.pretrained.folder import pretrained_fingerprint
from tinker.pretrained.load import load_pretrained
from tinker.pretrained.save import save_pretrained

__all__ = ["load_pretrained", "overrides_for", "pretrained_fingerprint", "save_pretrained"]
