"""What can be known to go wrong before anything is spent."""

from __future__ import annotations

from model.backend import Demanding
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.errors import UserError
from tinker.schedule.live.words import duration
from tinker.train.logger_needs import require_packages
from tinker.train.matmul import flops_per_second, require_onednn
from tinker.train.precision import require_gpu_has

#: A small GPT in eager mode reaches about this share of the rate at which the machine multiplies large matrices.
UTILISATION = 0.4


def check_machine(config: TrialConfig, flops_per_token: float, trials: int, at_once: int, *, force: bool) -> None:
    """Refuses what this machine cannot do, or would take absurdly long to do.

    Raises:
        UserError: a logger's or the attention backend's package is missing; a precision that the GPU lacks; a GPU scale
            without a GPU (with the hours that it would take here).
    """
    require_packages(config.logger)
    require_gpu_has(config.train)
    require_onednn(config.train)
    require_backend(config)
    if config.scale.requires == "gpu" and config.train.accelerator == "cpu" and not force:
        tokens = trials * config.train.steps * config.train.batch_size * config.model.context
        seconds = (
            tokens
            * flops_per_token
            / (UTILISATION * flops_per_second(config.train.matmul, config.train.threads))
            / at_once
        )
        raise UserError(
            f"scale={config.scale.name} asks for a GPU and train.accelerator is cpu: here {trials} trial(s) would take "
            f"about {duration(seconds)}; choose scale=cpu or scale=cpu-char, run it where there is a GPU, or accept "
            "the time with --force"
        )
    corpus_of(config)


def require_backend(config: TrialConfig) -> None:
    """Checks that the kernels of the attention backend are installed here.

    Raises:
        UserError: naming what is not, and how to get it.
    """
    backend = config.model.backend
    missing = backend.missing() if isinstance(backend, Demanding) else None
    if missing is not None:
        raise UserError(f"model.backend.type: {missing}; or choose model.backend=sdpa, or eager")
