"""What a trial's weights start from, one a file: none (from the seed), a finished trial, a folder of safetensors.

A variant is built as `Variant(config)`. Its Config says what the weights are (an id, a fingerprint), which stands in
the trial's id, and in `path` where they lie on this machine, which does not.
"""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from model.config import GPTConfig


class Start(Protocol):
    """Where weights come from; `packages` and `extra` as of a way to fine-tune."""

    packages: tuple[str, ...]
    extra: str

    def weights(self, model: GPTConfig) -> dict[str, Tensor] | None:
        """A state dict of `GPT(model)` on the CPU; None leaves the model as its init rule made it.

        Raises:
            UserError: they are gone, or are not what the config says.
        """

    def digest(self) -> str | None:
        """16 hex digits that stand for these weights as they are now; None where the init rule makes them.

        It is of what the files hold, so the same wherever and with however many threads it is computed. Rows and
        checkpoints keep it: a trial that is done again under its old id may have other weights.

        Raises:
            UserError: they are gone.
        """
