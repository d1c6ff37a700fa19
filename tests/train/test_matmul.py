"""`train.matmul=onednn`: the same products by another library, in every variant, alone, in a stack and compiled."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.dropout import set_dropout_key
from model.gpt import GPT
from tests.model.tiny import ARMS, pick, tiny, tokens
from tests.train.tiny import numbers, spec_of
from tinker.errors import ConfigError
from tinker.grid.expand import expand
from tinker.grid.load import load_grid
from tinker.train import matmul, training
from tinker.train.fused.run import run_replicates
from tinker.train.matmul import linear, linear_of_replicates, multiply_by_onednn
from tinker.train.trial import Hooks, run_trial

ON = "train.matmul=onednn"
#: Relative, of fp32 sums of some hundred terms.
ROUNDING = 1e-5


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def close(found: Tensor, wanted: Tensor) -> bool:
    return bool((found - wanted).abs().max() <= ROUNDING * wanted.abs().max())


STRIDES: dict[str, Callable[[int, int], Tensor]] = {
    "rows": draw,
    "columns": lambda m, k: draw(k, m).t(),
    "a part of wider rows": lambda m, k: draw(m, k + 3)[:, 1 : k + 1],
    "every other row": lambda m, k: draw(2 * m, k)[::2],
    "a part of columns": lambda m, k: draw(k, m + 5)[:, 2 : m + 2].t(),
    "one row repeated": lambda m, k: draw(1, k).expand(m, k),
    "one number repeated": lambda m, k: draw(1, 1).expand(m, k),
    "every other part": lambda m, k: draw(m, 2, k)[:, 1],
    "windows that overlap": lambda m, k: draw(m + k).unfold(0, k, 1)[:m],
}


@pytest.mark.parametrize("columns", STRIDES)
@pytest.mark.parametrize("rows", STRIDES)
@pytest.mark.parametrize(("m", "k", "n"), [(48, 32, 65), (1, 7, 3), (5, 1, 4), (6, 3, 1)])
def test_a_product_is_that_of_doubles_in_whatever_strides(rows: str, columns: str, m: int, k: int, n: int) -> None:
    a, b = STRIDES[rows](m, k), STRIDES[columns](n, k)
    found = torch.ops.tinker.product(a, b)
    assert found.shape == (m, n)
    assert found.is_contiguous()
    assert close(found.double(), a.double() @ b.double().t())


@pytest.mark.parametrize("function", [linear, linear_of_replicates])
def test_no_rows_have_no_products_and_gradients_of_zero(function: Callable[..., Tensor]) -> None:
    x, weight = draw(2, 0, 4).requires_grad_(), draw(3, 4).requires_grad_()
    y = function(x, weight)
    assert y.shape == (2, 0, 3)
    y.sum().backward()
    assert x.grad is not None and x.grad.shape == x.shape
    assert weight.grad is not None and not weight.grad.any()


def test_what_is_no_fp32_is_left_to_torch() -> None:
    x, weight = draw(2, 4).double(), draw(3, 4).double()
    assert torch.equal(linear(x, weight), F.linear(x, weight))


def test_a_model_can_be_copied_and_pickled() -> None:
    model, text = GPT(tiny(), seed=3).eval(), tokens(2, 6, seed=1)
    multiply_by_onednn(model)
    wanted = model(text)
    for copy in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert torch.equal(copy(text), wanted)
        with torch.no_grad():
            for parameter in copy.parameters():
                parameter.mul_(2)
        assert not torch.equal(copy(text), wanted)
        assert torch.equal(model(text), wanted)
    layer = nn.Linear(4, 3)
    multiply_by_onednn(layer)
    assert layer(input=draw(2, 4)).shape == (2, 3)


@pytest.mark.parametrize("function", [linear, linear_of_replicates])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("loss", ["sum", "weighted", "sum of a transpose"])
def test_gradients_are_those_of_torch(function: Callable[..., Tensor], bias: bool, loss: str) -> None:
    def gradients(multiply: Callable[..., Tensor]) -> list[Tensor]:
        parts = [draw(2, 5, 8), draw(6, 8), *([draw(6)] if bias else [])]
        for part in parts:
            part.requires_grad_()
        y = multiply(*parts)
        total = {"sum": y.sum(), "weighted": (y * draw(2, 5, 6)).sum(), "sum of a transpose": y.mT[:, 1:3].sum()}[loss]
        total.backward()
        return [part.grad for part in parts if part.grad is not None]

    for found, wanted in zip(gradients(function), gradients(F.linear), strict=True):
        assert close(found, wanted)


def test_a_weight_that_is_not_trained_gets_no_gradient() -> None:
    x, weight = draw(3, 4).requires_grad_(), draw(2, 4)
    linear(x, weight).sum().backward()
    assert x.grad is not None
    assert weight.grad is None


def test_what_is_differentiated_twice_is_refused() -> None:
    x, weight = draw(3, 4).requires_grad_(), draw(2, 4).requires_grad_()
    (first,) = torch.autograd.grad((linear(x, weight) ** 2).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_replicates_of_a_program_have_each_their_own() -> None:
    x, weight, shared = draw(3, 2, 5, 8), draw(3, 6, 8), draw(6, 8)
    assert close(torch.vmap(linear_of_replicates)(x, weight), torch.stack([x[n] @ weight[n].t() for n in range(3)]))
    assert close(torch.vmap(linear_of_replicates, in_dims=(0, None))(x, shared), x @ shared.t())
    assert close(
        torch.vmap(linear_of_replicates, in_dims=(None, 0))(x[0], weight), torch.stack([x[0] @ w.t() for w in weight])
    )
    assert close(
        torch.vmap(linear_of_replicates, in_dims=(1, 0))(x.transpose(0, 1), weight),
        torch.vmap(linear_of_replicates)(x, weight),
    )


@pytest.mark.parametrize("arm", ARMS)
def test_every_variant_has_the_loss_and_the_gradients_that_it_has_without(arm: str) -> None:
    text = tokens(4, 6, seed=1)

    def step(model: GPT) -> tuple[Tensor, dict[str, Tensor | None]]:
        set_dropout_key(model.train(), 3, 0)
        loss = model(text, text.roll(-1, 1))
        loss.backward()
        return loss.detach(), {path: parameter.grad for path, parameter in model.named_parameters()}

    dropout = 0.0 if ARMS[arm].get("backend") == "sdpa" else 0.2
    plain, other = (GPT(tiny(**ARMS[arm], dropout=dropout), seed=3) for _ in range(2))
    multiply_by_onednn(other)
    (wanted, gradients), (found, others) = step(plain), step(other)
    assert float(found) == pytest.approx(float(wanted), rel=1e-5)
    largest = max(float(each.abs().max()) for each in gradients.values() if each is not None)
    for path, gradient in gradients.items():
        mine = others[path]
        assert (mine is None) == (gradient is None), path
        if mine is not None and gradient is not None:
            size = max(float(gradient.abs().max()), 0.01 * largest)
            assert float((mine - gradient).abs().max()) <= 1e-4 * size, path
    with torch.no_grad():
        assert close(other.eval()(text), plain.eval()(text))


def products(model: GPT) -> dict[str, int]:
    """How often each library multiplied in a training step."""
    text = tokens(4, 6, seed=1)
    with torch.profiler.profile() as profile:
        model.train()(text, text.roll(-1, 1)).backward()
    counted = {event.key: event.count for event in profile.key_averages()}
    return {name: counted.get(name, 0) for name in ("tinker::product", "aten::mm", "aten::addmm")}


@pytest.mark.parametrize("embedding", [pick("embedding", "token", tied=tied) for tied in (True, False)])
def test_all_linear_layers_and_the_head_multiply_so(embedding: object) -> None:
    model = GPT(tiny(embedding=embedding), seed=3)
    without = products(model)
    assert without["tinker::product"] == 0
    multiply_by_onednn(model)
    counted = products(model)
    assert counted["tinker::product"] == without["aten::mm"] + without["aten::addmm"] > 0
    assert counted["aten::mm"] == counted["aten::addmm"] == 0


def test_a_layer_with_a_forward_pass_of_its_own_keeps_it() -> None:
    class Doubled(nn.Linear):
        def forward(self, input: Tensor) -> Tensor:
            return 2 * super().forward(input)

    layer, x = Doubled(4, 3), draw(2, 4)
    wanted = layer(x)
    multiply_by_onednn(layer)
    assert torch.equal(layer(x), wanted)


# --- trials ----------------------------------------------------------------------------------------------------------


def test_it_is_the_same_trial_every_time_and_after_a_cut(tmp_path: Path) -> None:
    spec, asked = spec_of(ON), iter([False] * 16 + [True] * 9)
    whole = run_trial(spec, tmp_path / "whole")
    assert numbers(run_trial(spec, tmp_path / "again")) == numbers(whole)
    cut = run_trial(spec, tmp_path / "cut", Hooks(should_stop=lambda: next(asked)))
    assert (cut.status, cut.steps) == ("interrupted", 17)
    assert numbers(run_trial(spec, tmp_path / "cut")) == numbers(whole)


def test_seeds_that_go_as_one_program_multiply_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stacked: list[int] = []
    vmap = matmul._OfReplicates.vmap

    def seen(info: Any, *rest: Any) -> tuple[Tensor, int]:
        stacked.append(info.batch_size)
        return vmap(info, *rest)

    monkeypatch.setattr(matmul._OfReplicates, "vmap", staticmethod(seen))
    specs = [spec_of(ON, "train.steps=2", "train.eval_every=2", "schedule.warmup_steps=0", seed=n) for n in (1, 2, 3)]
    run_replicates(specs, [tmp_path / f"{n}" for n in range(3)], [Hooks()] * 3)
    assert len(stacked) >= 2 * 6
    assert set(stacked) == {2, 3}, "two are tried first"


def test_a_compiled_trial_multiplies_so(tmp_path: Path) -> None:
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        pytest.skip("torch.compile needs a C++ compiler")
    short = ("train.steps=2", "train.eval_every=2", "schedule.warmup_steps=0", "train.compile=true")
    with torch.profiler.profile() as profile:
        assert run_trial(spec_of(ON, *short), tmp_path).status == "done"
    counted = {event.key: event.count for event in profile.key_averages()}
    assert counted["tinker::product"] >= 2 * 3 * 7
    assert counted.get("aten::mm", 0) == counted.get("aten::addmm", 0) == 0


def test_without_it_a_trial_keeps_its_id_and_its_products(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spec_of("train.matmul=torch").id == spec_of().id != spec_of(ON).id
    monkeypatch.setattr(training, "multiply_by_onednn", lambda model: pytest.fail("it was switched on"))
    training.Training(spec_of())


def test_arms_cannot_differ_in_it(tmp_path: Path) -> None:
    grid = tmp_path / "g.yaml"
    grid.write_text(
        "name: g\nquestion: q?\ncontrol: c\nscale: smoke\nseeds: 2\narms: {fast: {train.matmul: onednn}}\n"
        "decide: {metric: val_loss, min_effect: 0.01}\n"
    )
    with pytest.raises(ConfigError, match="cannot differ between arms"):
        expand(load_grid(grid, []))


def test_a_build_without_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(rows: Tensor, columns: Tensor) -> Tensor:
        raise RuntimeError("mkldnn is not available")

    train = training.TrialConfig.from_dict(spec_of(ON).config).train
    matmul.require_onednn(train)
    monkeypatch.setattr(matmul, "_product", missing)
    with pytest.raises(ConfigError, match="no oneDNN for fp32; choose torch"):
        matmul.require_onednn(train)
    matmul.require_onednn(training.TrialConfig.from_dict(spec_of().config).train)
