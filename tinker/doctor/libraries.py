"""Python and the libraries: those that every trial needs are really imported, the extras are only looked for."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from tinker.doctor.finding import Finding

OLDEST, NEWEST_TRIED = (3, 11), (3, 13)
INSTALL = "pip install -c requirements.txt -e ."

#: Module, distribution, and what it is for.
NEEDED = (
    ("lightning", "lightning", "trains"),
    ("ray.tune", "ray", "runs grids"),
    ("hydra", "hydra-core", "composes configs"),
    ("pyarrow.parquet", "pyarrow", "writes tables"),
    ("scipy.stats", "scipy", "compares arms"),
    ("tokenizers", "tokenizers", "BPE tokens"),
    ("pytorch_optimizer", "pytorch-optimizer", "Lion and SOAP"),
    ("schedulefree", "schedulefree", "schedule-free AdamW"),
)

#: Module, distribution, the extra that installs it, and what it is for.
EXTRAS = (
    ("wandb", "wandb", "wandb", "logger=wandb"),
    ("mlflow", "mlflow-skinny", "mlflow", "logger=mlflow"),
    ("flash_attn", "flash-attn", "flash", "FlashAttention kernels, on NVIDIA GPUs"),
    ("bitsandbytes", "bitsandbytes", "qlora", "QLoRA"),
    ("peft", "peft", "qlora", "LoRA and QLoRA"),
)


def python(running: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """The interpreter."""
    found = f"{running[0]}.{running[1]}"
    if running < OLDEST:
        return Finding("python", "missing", found, "tinker needs Python 3.11 or newer")
    if running > NEWEST_TRIED:
        return Finding("python", "warning", found, "tried with 3.11 to 3.13 only")
    return Finding("python", "ok", found)


def needed() -> Iterator[Finding]:
    """What no trial can do without. An import that fails is reported with its own words."""
    for module, distribution, purpose in NEEDED:
        yield _imported(module, distribution, purpose)


def extras() -> Iterator[Finding]:
    """What only some trials need."""
    for module, distribution, extra, purpose in EXTRAS:
        if importlib.util.find_spec(module) is not None:
            yield Finding(distribution, "ok", _version(distribution))
        else:
            advice = f"for {purpose}: pip install -c requirements.txt -e '.[{extra}]'"
            yield Finding(distribution, "optional", "not installed", advice)


def _imported(module: str, distribution: str, purpose: str) -> Finding:
    try:
        importlib.import_module(module)
    except Exception as error:  # a broken library raises whatever it likes, and none may end the report
        found = f"import {module} fails: {type(error).__name__}: {error}"
        return Finding(distribution, "missing", found, f"{purpose}; {INSTALL}")
    return Finding(distribution, "ok", _version(distribution))


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # it came by other ways than pip
        return "there"
