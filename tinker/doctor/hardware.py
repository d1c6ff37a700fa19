"""PyTorch's build and what it computes on."""

from __future__ import annotations

import os
from typing import Any

from tinker.doctor.finding import Finding
from tinker.doctor.libraries import INSTALL
from tinker.provenance.hardware import cpu_model, nvidia_driver


def torch() -> Finding:
    """PyTorch: its version and what it was built for."""
    try:
        import torch
    except Exception as error:  # a broken build raises OSError and worse
        return Finding("torch", "missing", f"import torch fails: {type(error).__name__}: {error}", INSTALL)
    return Finding("torch", "ok", f"{torch.__version__}, built for {_build(torch)}")


def accelerator(driver: str | None = None) -> Finding:
    """What `train.accelerator=auto` comes to here, and a GPU that is there but cannot be used.

    Args:
        driver: version of the NVIDIA driver; None asks the machine.
    """
    try:
        import torch
    except Exception:  # said by `torch` above
        return Finding("accelerator", "missing", "unknown without torch")
    driver = driver or nvidia_driver()
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        return Finding("accelerator", "ok", ", ".join(f"{n.name} ({n.total_memory / 2**30:.0f} GiB)" for n in names))
    cpu = f"{cpu_model()}, {cores()} cores"
    if driver is not None:
        advice = f"NVIDIA driver {driver} is there, but this torch ({torch.__version__}) sees no GPU"
        what = "install a CUDA build" if torch.version.cuda is None else f"it was built for CUDA {torch.version.cuda}"
        return Finding("accelerator", "warning", cpu, f"{advice}: {what}, or update the driver")
    if torch.backends.mps.is_available():
        return Finding("accelerator", "ok", cpu, "MPS is there too, untried: train.accelerator=mps")
    return Finding("accelerator", "ok", cpu, "scales gpu and reference need a GPU; smoke, cpu and cpu-char do not")


def cores() -> int:
    """CPU cores that this process may use: as many trials of one thread run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _build(torch: Any) -> str:
    if torch.version.cuda is not None:
        return f"CUDA {torch.version.cuda}"
    if getattr(torch.version, "hip", None) is not None:
        return f"ROCm {torch.version.hip}"
    return "CPU and MPS" if torch.backends.mps.is_built() else "CPU"
