"""Mirrors of the curve in other people's formats. The store has the truth; nothing is read back from here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from tinker.config.schema import LoggerConfig
from tinker.errors import UserError


def build_loggers(config: LoggerConfig, folder: Path, name: str) -> list[Logger]:
    """The Lightning loggers that a config asks for; files land under `folder`.

    Raises:
        UserError: see `require_packages`.
    """
    require_packages(config)
    loggers: list[Logger] = []
    if config.csv:
        loggers.append(CSVLogger(folder, name="csv", version=""))
    if config.tensorboard:
        loggers.append(TensorBoardLogger(folder, name="tensorboard", version=""))
    if config.wandb is not None:
        loggers.append(
            WandbLogger(name=name, id=name, project=config.wandb.project, offline=config.wandb.offline, save_dir=folder)
        )
    if config.mlflow is not None:
        loggers.append(
            MLFlowLogger(
                experiment_name=config.mlflow.experiment, tracking_uri=config.mlflow.tracking_uri, run_name=name
            )
        )
    return loggers


def require_packages(config: LoggerConfig) -> None:
    """Checks that what the loggers need is installed.

    Raises:
        UserError: naming the package that is not, and how to get it.
    """
    for name, wanted in (("wandb", config.wandb), ("mlflow", config.mlflow)):
        if wanted is not None and importlib.util.find_spec(name) is None:
            raise UserError(f"logger.{name}: the package {name} is not installed; pip install 'tinker-matrix[{name}]'")


def log_spec(loggers: list[Logger], config: dict[str, Any]) -> None:
    """Puts the resolved config beside the curves."""
    for logger in loggers:
        logger.log_hyperparams(config)
