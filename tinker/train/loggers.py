"""Mirrors of the curve in other people's formats. The store has the truth; nothing is read back from here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from tinker.config.schema import LoggerConfig
from tinker.train.logger_needs import require_packages

#: No mirror: for ranks that are not the first.
SILENT = LoggerConfig(csv=False, tensorboard=False, wandb=None, mlflow=None)


@contextmanager
def mirrors(config: LoggerConfig, folder: Path, name: str, spec: dict[str, Any]) -> Iterator[list[Logger]]:
    """The Lightning loggers that a config asks for, with the resolved config beside the curves; closed at the end.

    Files land under `folder`; the run is called `name`.

    Raises:
        UserError: see `require_packages`.
    """
    require_packages(config)
    loggers = _loggers(config, folder, name)
    try:
        for logger in loggers:
            logger.log_hyperparams(spec)
        yield loggers
    finally:
        for logger in loggers:
            logger.finalize("success")
            if isinstance(logger, WandbLogger):  # left open, it would take in the next trial of this process
                logger.experiment.finish()


def _loggers(config: LoggerConfig, folder: Path, name: str) -> list[Logger]:
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
