"""What machines elsewhere need beside tinker itself: the extra `cloud`."""

from __future__ import annotations

from importlib import import_module

from tinker.errors import UserError

PACKAGES = ("httpx2", "jsonschema", "stamina", "tenacity")


def require_extra() -> None:
    """
    Raises:
        UserError: it is not installed; better said before anything is ordered.
    """
    for package in PACKAGES:
        try:
            import_module(package)
        except ImportError:
            raise UserError(
                f"machines elsewhere need {package}, which is not installed: in a checkout "
                "pip install -c requirements.txt -e '.[cloud]', else pip install 'tinker-matrix[cloud]'"
            ) from None
