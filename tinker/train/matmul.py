"""Linear layers whose products are oneDNN's.

PyTorch leaves fp32 products on a CPU to MKL, which takes half of what AMD's CPUs with AVX-512 can do. oneDNN, which
PyTorch brings too, asks the CPU what it has. The same sums come out of both, but for the order in which they are
rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from model.linear import TiedLinear
from tinker.config.schema import TrainConfig
from tinker.errors import ConfigError

# An operator of our own around torch's, which is for inference: the compiler would take its weight for a constant.
_LIBRARY = torch.library.Library("tinker", "DEF")  # type: ignore[no-untyped-call]
_LIBRARY.define("product(Tensor rows, Tensor columns) -> Tensor")  # type: ignore[no-untyped-call]


def _product(rows: Tensor, columns: Tensor) -> Tensor:
    """(M, K) and (N, K) -> (M, N)."""
    (n, k), (down, across) = columns.shape, columns.stride()
    if not k:  # of no terms, as the gradient of an expert that got no token: oneDNN has no such sum
        return rows.new_zeros(rows.shape[0], n)
    if not ((across == 1 and down >= k) or (down == 1 and across >= n)):  # such as a gradient that was expanded
        columns = columns.contiguous()
    found: Tensor = torch.ops.mkldnn._linear_pointwise(rows, columns, None, "none", [], "")
    return found


def _shape(rows: Tensor, columns: Tensor) -> Tensor:
    return rows.new_empty(rows.shape[0], columns.shape[0])


_LIBRARY.impl("product", _product, "CPU")  # type: ignore[no-untyped-call]
torch.library.register_fake("tinker::product", _shape, lib=_LIBRARY)


_multiplied = torch.ops.tinker.product.default

#: Values of `train.matmul`, with what multiplies so: (M, K) and (N, K) -> (M, N).
LIBRARIES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"torch": F.linear, "onednn": _multiplied}


class _Linear(torch.autograd.Function):
    """Rows (M, K) times the transpose of a weight (N, K)."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(rows, weight)
        found: Tensor = _multiplied(rows, weight)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        rows, weight = ctx.saved_tensors
        return (
            _multiplied(grad, weight.t()) if ctx.needs_input_grad[0] else None,
            _multiplied(grad.t(), rows.t()) if ctx.needs_input_grad[1] else None,
        )


class _OfReplicates(torch.autograd.Function):
    """The same where replicates are one program; torch takes longer to call it, which a narrow layer would feel."""

    @staticmethod
    def forward(rows: Tensor, weight: Tensor) -> Tensor:
        found: Tensor = _multiplied(rows, weight)
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    backward = _Linear.backward  # type: ignore[assignment]

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, int | None], rows: Tensor, weight: Tensor) -> tuple[Tensor, int]:
        """(R, M, K) and (R, N, K) -> (R, M, N): oneDNN takes them one by one."""
        sides = [
            side.expand(info.batch_size, *side.shape) if dim is None else side.movedim(dim, 0)
            for side, dim in zip((rows, weight), in_dims, strict=True)
        ]
        return torch.stack([_Linear.apply(*pair) for pair in zip(*sides, strict=True)]), 0  # type: ignore[no-untyped-call]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """As `F.linear`: (..., K), (N, K) and (N,) -> (..., N). It can be differentiated once.

    What is not fp32 on a CPU is left to that.
    """
    return _shaped(_Linear, x, weight, bias)


def linear_of_replicates(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """The same, and inside `torch.vmap` too."""
    return _shaped(_OfReplicates, x, weight, bias)


def _shaped(function: type[torch.autograd.Function], x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if not x.dtype == weight.dtype == torch.float32 or x.device.type != "cpu":
        return F.linear(x, weight, bias)
    rows: Tensor = function.apply(x.reshape(-1, x.shape[-1]), weight)  # type: ignore[no-untyped-call]
    y = rows.view(*x.shape[:-1], weight.shape[0])
    return y if bias is None else y + bias


def multiply_by_onednn(model: nn.Module, *, replicates: bool = False) -> None:
    """Gives the model's linear layers, and its head, these products; in place.

    A layer with a forward pass of its own, such as a quantised one, keeps it. `replicates`: several models of the kind
    are about to be trained as one program.
    """
    function = linear_of_replicates if replicates else linear
    for module in model.modules():
        if isinstance(module, nn.Linear) and type(module).forward is nn.Linear.forward:
            module.forward = partial(_as_linear, function, module)  # type: ignore[method-assign]
        elif isinstance(module, TiedLinear):
            module.forward = function  # type: ignore[method-assign]


def _as_linear(function: Callable[..., Tensor], module: nn.Linear, input: Tensor) -> Tensor:
    return function(input, module.weight, module.bias)


def require_onednn(train: TrainConfig) -> None:
    """Refuses `train.matmul: onednn` where this PyTorch was built without it, as for some systems.

    Raises:
        ConfigError: naming what to choose.
    """
    if train.matmul == "onednn" and not onednn_works():
        problem = "this build of PyTorch has no oneDNN for fp32; choose torch, or another build"
        raise ConfigError("train.matmul", problem)


def flops_per_second(library: str, threads: int, *, size: int = 512, tries: int = 30) -> float:
    """How fast CPU threads multiply fp32 matrices of so many rows: the best of some, since other work disturbs most."""
    multiply, (a, b) = LIBRARIES[library], torch.rand(2, size, size)
    before, taken = torch.get_num_threads(), []
    torch.set_num_threads(threads)
    try:
        for _ in range(tries):
            start = perf_counter()
            multiply(a, b)
            taken.append(perf_counter() - start)
    finally:
        torch.set_num_threads(before)
    return 2 * size**3 / min(taken)


def onednn_works() -> bool:
    """Whether this PyTorch has it."""
    try:
        return _product(torch.ones(1, 2), torch.ones(1, 2)).item() == 2.0
    except (RuntimeError, AttributeError):
        return False
