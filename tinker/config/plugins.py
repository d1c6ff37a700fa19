"""A user's own variants: Python files that register classes in the slots when they are imported.

A plugin is a module without a package, and its folder is not put on `sys.path`, where its neighbours could hide a
library: so it cannot import relatively, and a file beside it only where PYTHONPATH (or an installation) leads there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tinker.errors import ConfigError


def load_plugins(paths: Iterable[Any]) -> None:
    """Imports each file once per process, as a module whose last name is the file's: that names its variant.

    Raises:
        ConfigError: no such file, or it fails to import.
    """
    for i, path in enumerate(paths):
        if isinstance(path, str):  # the schema refuses anything else, with its place
            _load(Path(path).resolve(), f"plugins.{i}")


def module_name(path: Path) -> str:
    """What the file is called in `sys.modules`: two files of one name in different folders do not meet."""
    return f"tinker_plugin_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}.{path.stem}"


def _load(path: Path, key: str) -> None:
    name = module_name(path)
    if name in sys.modules:
        return
    if path.suffix != ".py" or not path.is_file():
        raise ConfigError(key, f"{path} is not there; expected the path of a Python file (.py)")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs: dataclasses look their module up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(key, f"{path} cannot be imported: {type(error).__name__}: {error}") from error


def absolute_plugins(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with its plugins' paths made absolute: a worker may run in another folder."""
    plugins = config.get("plugins")
    if not isinstance(plugins, list):
        return dict(config)
    return {**config, "plugins": [str(Path(path).resolve()) if isinstance(path, str) else path for path in plugins]}
