"""What loggers need installed. Apart from them, since Lightning takes seconds to load, and this is asked before."""

from __future__ import annotations

import importlib.util

from tinker.config.schema import LoggerConfig
from tinker.errors import UserError


def require_packages(config: LoggerConfig) -> None:
    """Checks that what the loggers need is installed.

    Raises:
        UserError: naming the package that is not, and how to get it.
    """
    for name, wanted in (("wandb", config.wandb), ("mlflow", config.mlflow)):
        if wanted is not None and importlib.util.find_spec(name) is None:
            raise UserError(f"logger.{name}: the package {name} is not installed; pip install 'tinker-matrix[{name}]'")
