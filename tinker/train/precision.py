"""What `train.precision` means: to Lightning's Trainer, and to torch's own switches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tinker.config.schema import TrainConfig
from tinker.errors import ConfigError

#: Storage is fp32 throughout. bf16 and fp16 compute the forward pass in half precision where autocast allows it, fp16
#: with scaled gradients; tf32 rounds the factors of fp32 matrix products to 10 bits of mantissa.
LIGHTNING = {"fp32": "32-true", "tf32": "32-true", "bf16": "bf16-mixed", "fp16": "16-mixed"}


def require_gpu_has(train: TrainConfig) -> None:
    """Refuses what the GPU at hand cannot do: torch would compute something else, or slowly.

    What no GPU is needed to know is in `TrainConfig.check`.

    Raises:
        ConfigError: naming what to choose.
    """
    if train.accelerator != "cuda" or not torch.cuda.is_available():
        return
    major, minor = torch.cuda.get_device_capability()
    has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    if (train.precision == "tf32" and major < 8) or (train.precision == "bf16" and not has_bf16):
        raise ConfigError(
            "train.precision",
            f"{train.precision} is not done by {torch.cuda.get_device_name()} (compute capability {major}.{minor}, "
            "8.0 has it); choose fp16 or fp32",
        )


@contextmanager
def fp32_products(precision: str) -> Iterator[None]:
    """fp32 matrix products and convolutions as that precision has them; afterwards as they were before.

    Both switches are the process's, and a worker's next trial may have another precision. cuDNN's is on unless someone
    says otherwise, so it is set for fp32 too.
    """
    products, convolutions = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(products)
        torch.backends.cudnn.allow_tf32 = convolutions
