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
        UserError: naming the package that a logger needs and that is not installed.
    """
    loggers: list[Logger] = []
    if config.csv:
        loggers.append(CSVLogger(folder, name="csv", version=""))
    if config.tensorboard:
        loggers.append(TensorBoardLogger(folder, name="tensorboard", version=""))
    if config.wandb is not None:
        _require("wandb", "logger.wandb", "wandb")
        loggers.append(
            WandbLogger(name=name, id=name, project=config.wandb.project, offline=config.wandb.offline, save_dir=folder)
        )
    if config.mlflow is not None:
        _require("mlflow", "logger.mlflow", "mlflow")
        loggers.append(
            MLFlowLogger(
                experiment_name=config.mlflow.experiment, tracking_uri=config.mlflow.tracking_uri, run_name=name
            )
        )
    return loggers


def _require(package: str, key: str, extra: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise UserError(f"{key}: the package {package} is not installed; pip install 'tinker-matrix[{extra}]'")


def log_spec(loggers: list[Logger], config: dict[str, Any]) -> None:
    """Puts the resolved config beside the curves."""
    for logger in loggers:
        logger.log_hyperparams(config)
