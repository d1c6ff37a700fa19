"""Backends compute one function, that of the eager reference; what one cannot do is an error."""

from __future__ import annotations

import math
import sys
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._dynamo.exc import FailOnRecompileLimitHit

from model.backend import Demanding, flex
from model.backend_needs import needs
from model.gpt import GPT
from model.slots import BACKEND
from model.state import ForwardState
from tests.model.test_attention import attention_of
from tests.model.tiny import pick, tiny, tokens, trains_here

SHAPE = {"n_head": 4, "n_embd": 32, "context": 16, "init": "fan_in"}
FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "multi-query": {"attention": pick("attention", "full", kv_heads=1)},
    "window, grouped": {"attention": pick("attention", "window", size=3, kv_heads=2)},
    "window of the context": {"attention": pick("attention", "window", size=16)},
    "alibi": {"position": "alibi"},
    "alibi, window": {"position": "alibi", "attention": pick("attention", "window", size=3)},
    "t5": {"position": "t5"},
    "softcap": {"attention_softcap": pick("attention_softcap", "tanh", cap=0.5)},
    "softcap, window, alibi": {
        "attention_softcap": pick("attention_softcap", "tanh", cap=0.5),
        "position": "alibi",
        "attention": pick("attention", "window", size=5, kv_heads=2),
    },
    "sinks": {"sinks": "learned"},
    "sinks, t5, window, grouped": {
        "sinks": "learned",
        "position": "t5",
        "attention": pick("attention", "window", size=3, kv_heads=2),
    },
    "mla, rotary": {"attention": pick("attention", "mla", value_dim=5), "position": "rotary"},
    "mla, wide values": {"attention": pick("attention", "mla", value_dim=19), "sinks": "learned"},
    "differential": {"attention": "differential", "position": "rotary"},
    "dropout": {"dropout": 0.1},
}
#: What each backend is expected to refuse; a new backend has its line here.
CANNOT: dict[str, set[str]] = {
    "eager": set(),
    "sdpa": {"dropout", "softcap"},
    "flex": {"dropout"},
    "flash": {"dropout", "bias", "sinks"},
    "flash3": {"dropout", "bias", "slopes", "sinks"},
    "flash4": {"dropout", "softcap", "bias", "slopes", "sinks"},
}


def built(backend: str, changes: dict[str, Any]) -> GPT:
    """With sinks that differ, so that no head has another's."""
    model = GPT(tiny(**{**SHAPE, **changes, "backend": backend}), 0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("sinks.score"):
                parameter.copy_(torch.tensor([-1.0, 0.0, 1.0, 2.0]))
    return model


def compare(backend: str, changes: dict[str, Any]) -> None:
    text, eager, other = tokens(3, 16), built("eager", changes), built(backend, changes)
    if not trains_here(other.config.backend):
        with torch.no_grad():
            torch.testing.assert_close(other.eval()(text), eager(text), rtol=0, atol=1e-5)
        return
    torch.testing.assert_close(other(text), eager(text), rtol=0, atol=1e-5)
    for model in (eager, other):
        model(text, text.roll(-1, 1)).backward()
    for (name, a), b in zip(eager.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a.grad, rtol=0, atol=1e-5, msg=name)


def test_every_backend_says_what_it_cannot_do() -> None:
    assert set(CANNOT) == set(BACKEND.builtin_names())


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("changes", FEATURES.values(), ids=FEATURES)
@pytest.mark.parametrize("backend", [name for name in BACKEND.builtin_names() if name != "eager"])
def test_a_backend_agrees_with_eager_or_refuses(
    backend: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {need.name for need in needs(tiny(**SHAPE, **changes))}
    if asked & CANNOT[backend]:
        with pytest.raises(
            ValueError, match=rf"^model\.backend\.type: {backend} cannot .*; use model\.backend\.type=e"
        ):
            tiny(**SHAPE, **changes, backend=backend)
        return
    if backend.startswith("flash"):
        monkeypatch.setitem(sys.modules, KERNELS[backend][0], kernel_of(backend))
    compare(backend, changes)


#: The module of each kernel, the arguments that we may give it, and what it means by "no window".
KERNELS: dict[str, tuple[str, set[str], int | None]] = {
    "flash": ("flash_attn", {"window_size", "softcap", "alibi_slopes", "deterministic"}, -1),
    "flash3": ("flash_attn_interface", {"window_size", "softcap", "deterministic"}, -1),
    "flash4": ("flash_attn.cute", {"window_size"}, None),
}


def kernel_of(backend: str) -> ModuleType:
    """What the package documents of `flash_attn_func`, in fp32 on the CPU: not the kernel, but its contract."""
    name, known, everything = KERNELS[backend]

    def flash_attn_func(
        q: Tensor, k: Tensor, v: Tensor, *, softmax_scale: float, causal: bool, **options: Any
    ) -> Tensor | tuple[Tensor, Tensor]:
        assert causal and set(options) <= known, options
        assert q.shape[-1] == k.shape[-1] == v.shape[-1] and q.shape[-1] % 8 == 0
        group = q.shape[2] // k.shape[2]
        k, v = k.repeat_interleave(group, 2), v.repeat_interleave(group, 2)
        s = softmax_scale * torch.einsum("bthd,bshd->bhts", q, k)
        if cap := options.get("softcap", 0.0):
            s = cap * (s / cap).tanh()
        place = torch.arange(q.shape[1])
        distance = place[:, None] - place
        if (slopes := options.get("alibi_slopes")) is not None:
            assert slopes.dtype == torch.float32
            s = s - slopes[:, None, None] * distance.abs()
        left, right = options["window_size"]
        seen = distance >= 0
        if left != everything:
            assert right == 0
            seen &= distance <= left
        y = torch.einsum("bhts,bshd->bthd", s.masked_fill(~seen, -torch.inf).softmax(-1), v)
        return (y, s.logsumexp(-1)) if backend == "flash4" else y

    module = ModuleType(name)
    module.__dict__["flash_attn_func"] = flash_attn_func
    return module


@pytest.mark.parametrize(("backend", "changes"), [("sdpa", {}), ("flash", {}), ("flash", {"position": "alibi"})])
def test_a_mask_and_a_bias_that_a_kernel_does_not_read_are_not_made(
    backend: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*given: object) -> Tensor:
        raise AssertionError

    monkeypatch.setitem(sys.modules, "flash_attn", kernel_of("flash"))
    model = built(backend, changes)
    monkeypatch.setattr("model.state.visible", never)
    if changes:
        monkeypatch.setattr(model.position, "bias", never)
    assert model(tokens(1, 16)).isfinite().all()


@pytest.mark.parametrize("backend", [name for name in BACKEND.builtin_names() if name != "eager"])
def test_a_backend_without_a_softmax_to_compute_is_refused(backend: str) -> None:
    with pytest.raises(ValueError, match=rf"^model\.backend\.type: {backend} would compute nothing"):
        tiny(attention="linear", backend=backend)
    wide = {"attention": ("linear", pick("attention", "mla", nope_dim=4, rope_dim=4, value_dim=4)), "head_dim": 320}
    assert tiny(**wide, backend=backend)  # the linear layer's heads are no kernel's


def test_flex_compiles_one_kernel_for_each_kind_of_layer_and_then_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels: list[object] = []

    def count(graph: Any, inputs: object) -> Any:
        kernels.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=count))
    monkeypatch.setattr(flex, "KERNELS", 2)
    flex.compiled.cache_clear()
    torch._dynamo.reset()
    # With dynamic shapes caps would become an input. Not by monkeypatch: torch would say then that there is no limit.
    limits = torch._dynamo.config.patch(recompile_limit=1, automatic_dynamic_shapes=False)
    try:
        with limits, torch.no_grad():
            attend, q = flex.compiled(), torch.zeros(1, 1, 2, 4)
            for cap in (1.0, 2.0, 1.0):
                attend(q, q, q, score_mod=flex._score_mod(cap, None))
            assert len(kernels) == 2
            with pytest.raises(FailOnRecompileLimitHit):
                attend(q, q, q, score_mod=flex._score_mod(3.0, None))
    finally:
        flex.compiled.cache_clear()
        torch._dynamo.reset()


def test_flash_computes_in_autocasts_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.dtype] = []
    kernel, plain = kernel_of("flash"), kernel_of("flash").flash_attn_func

    def spy(q: Tensor, k: Tensor, v: Tensor, **options: Any) -> Tensor:
        seen.extend(x.dtype for x in (q, k, v))
        result: Tensor = plain(q, k, v, **options)
        return result

    kernel.__dict__["flash_attn_func"] = spy
    monkeypatch.setitem(sys.modules, "flash_attn", kernel)
    model = built("flash", {"qk_norm": "rms_norm", "position": "rotary", "n_layer": 1})  # both hand on fp32
    with torch.autocast("cpu", torch.bfloat16):
        model(tokens(1, 16))
    assert seen == [torch.bfloat16] * 3


def test_eager_is_softmax_of_capped_scores_with_a_bias_and_a_sink() -> None:
    changes = {**FEATURES["softcap, window, alibi"], "sinks": "learned", "context": 6, "n_layer": 1}
    weights, x, _ = attention_of(tiny(**{**SHAPE, **changes}))
    model = built("eager", changes).double()
    attention = model.get_submodule("blocks.0.attention")
    given = torch.tensor(x)[None]
    found = attention(given, ForwardState(model.position, given))[0].detach().numpy()
    q, k, v = ((x @ weights[f"{name}.weight"].T).reshape(6, -1, 8) for name in ("query", "key", "value"))
    read = np.zeros((6, 4, 8))
    for head, (slope, sink) in enumerate(zip([2**-2, 2**-4, 2**-6, 2**-8], [-1.0, 0.0, 1.0, 2.0], strict=True)):
        for t in range(6):
            places = range(max(0, t - 4), t + 1)
            shares = [
                math.exp(0.5 * math.tanh(q[t, head] @ k[s, head // 2] / math.sqrt(8) / 0.5) - slope * (t - s))
                for s in places
            ]
            total = sum(shares) + math.exp(sink)
            read[t, head] = sum(share / total * v[s, head // 2] for share, s in zip(shares, places, strict=True))
    np.testing.assert_allclose(found, read.reshape(6, 32) @ weights["out.weight"].T, rtol=0, atol=1e-10)


@pytest.mark.parametrize("backend", BACKEND.builtin_names())
def test_where_a_backend_runs_is_declared(backend: str) -> None:
    config = pick("backend", backend)
    runs = {
        (device, precision): not isinstance(config, Demanding) or config.refuses(device, precision, True) is None
        for device in ("cpu", "cuda", "mps")
        for precision in ("fp32", "tf32", "bf16", "fp16")
    }
    if backend in ("eager", "sdpa"):
        assert all(runs.values())
    elif backend == "flex":
        assert runs == {(device, precision): device == "cuda" for device, precision in runs}
        assert config.refuses("cpu", "fp32", training=False) is None
    else:
        assert runs == {place: place in (("cuda", "bf16"), ("cuda", "fp16")) for place in runs}


@pytest.mark.parametrize(("backend", "pip"), [("flash", "flash-attn "), ("flash3", "git clone"), ("flash4", "n-4")])
def test_a_kernel_that_is_not_installed_is_missing_with_the_way_to_get_it(backend: str, pip: str) -> None:
    module = {"flash": "flash_attn_2_cuda", "flash3": "flash_attn_interface", "flash4": "flash_attn.cute"}[backend]
    before = {name: sys.modules.pop(name) for name in (module, module.partition(".")[0]) if name in sys.modules}
    try:
        missing = pick("backend", backend).missing()
    finally:
        sys.modules.update(before)
    assert missing is None or (missing.startswith(f"{backend} needs a package") and pip in missing)


@pytest.mark.parametrize(("backend", "most"), [("flash", 256), ("flash3", 256), ("flash4", 128)])
def test_heads_that_are_wider_than_the_kernels_are_refused(backend: str, most: int) -> None:
    assert tiny(n_embd=8, head_dim=most, backend=backend)
    with pytest.raises(
        ValueError, match=rf"^model\.backend\.type: {backend} takes heads of up to {most}, and here the"
    ):
        tiny(n_embd=8, head_dim=most // 2 + 4, attention="differential", backend=backend)
