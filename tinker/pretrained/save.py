"""Our weights as a folder that `transformers` reads."""

from __future__ import annotations

import json
from pathlib import Path

from model.gpt import GPT
from tinker.pretrained.agree import check_agrees, model_config, tree_of
from tinker.pretrained.folder import SINGLE
from tinker.pretrained.layout import layout
from tinker.pretrained.published import NAME, Published


def save_pretrained(model: GPT, folder: Path, model_type: str) -> None:
    """Writes config.json and model.safetensors, in fp32, into a folder that need not exist.

    How it was trained (dropout, losses, the init rule) is not written.

    Raises:
        UserError: no such layout, or a model that it cannot hold, with the keys in which it differs.
    """
    from safetensors.torch import save_file

    config = model.config
    found = layout(model_type, str(folder))
    values = {
        **found.published(tree_of(model_config(config))),
        "model_type": model_type,
        "vocab_size": config.vocab_size,
        "dtype": "float32",
    }
    published = Published(values, folder / NAME)
    check_agrees(found, published, config)
    ours = {path: value.detach().to("cpu") for path, value in model.state_dict().items()}
    tensors = {
        _in_file(link.theirs, found.prefix): link.save([ours[path] for path in link.ours])
        for link in found.links(config, published)
    }
    folder.mkdir(parents=True, exist_ok=True)
    # Readers refuse a file that does not say which library's tensors it holds.
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / SINGLE, {"format": "pt"})
    (folder / NAME).write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _in_file(name: str, prefix: str) -> str:
    """The head is the one tensor outside the body that the prefix names."""
    return name if name.startswith("lm_head.") else prefix + name
