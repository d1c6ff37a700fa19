"""PyTorch's build and what it computes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinker.doctor.finding import Finding
from tinker.doctor.libraries import INSTALL
from tinker.provenance.hardware import cores, cpu_model, nvidia_driver

#: How much faster the other library has to multiply to be named.
FASTER = 1.3


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


def products() -> Iterator[Finding]:
    """How fast a core multiplies matrices, by either library that PyTorch has; nothing where trials use a GPU."""
    try:
        import torch

        from tinker.train.matmul import flops_per_second, onednn_works

        if torch.cuda.is_available():
            return
    except Exception:  # said by `torch` above
        return
    libraries = {"torch": "PyTorch's usual library", **({"onednn": "oneDNN"} if onednn_works() else {})}
    rates = {name: flops_per_second(library, 1) for library, name in libraries.items()}
    found = ", ".join(f"{rate / 1e9:.0f} GFLOP/s by {name}" for name, rate in rates.items())
    usual, *other = rates.values()
    faster = bool(other) and other[0] > FASTER * usual
    advice = "train.matmul=onednn may train faster here; resources.matmul: auto in a grid measures whether it does"
    yield Finding("matrix products", "ok", f"{found}, one core", advice if faster else "")


def _build(torch: Any) -> str:
    if torch.version.cuda is not None:
        return f"CUDA {torch.version.cuda}"
    if getattr(torch.version, "hip", None) is not None:
        return f"ROCm {torch.version.hip}"
    return "CPU and MPS" if torch.backends.mps.is_built() else "CPU"
