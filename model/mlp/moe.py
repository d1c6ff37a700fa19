"""Mixture of experts: each token is computed by the few experts that a router chooses for it.

Shapes: N = B x T tokens, C = n_embd, E experts, K = top_k, R tokens of one expert.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import GPTConfig
from model.feed_forward import Gated, check_width, gated_parameters, matched_width
from model.slots import MLP
from model.state import ForwardState


class Router(nn.Linear):
    """Scores of the experts, in fp32 or better under any autocast: rounded scores would choose other experts."""

    def forward(self, x: Tensor) -> Tensor:
        precise = torch.promote_types(self.weight.dtype, torch.float32)
        x, weight = x.to(precise), self.weight.to(precise)
        if x.is_meta:  # for which there is no autocast to switch off
            return F.linear(x, weight)
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x, weight)


@MLP.variant(paper="https://arxiv.org/abs/2401.06066")
class MixtureOfExperts(nn.Module):
    """`shared(x) + scale * sum of p_e(x) * expert_e(x)` over the K likeliest experts e; experts are SwiGLU MLPs.

    Every token gets its K experts, however many others want the same (no capacity, nothing dropped): what a token
    becomes does not depend on other tokens, hence not on later ones. In training `balance * E * sum of f_e * mean p_e`
    is added to the loss, with f_e the fraction of the choices that fell on e: at least `balance`, which an even use of
    the experts gives (https://arxiv.org/abs/2101.03961, equation 4). f and the means are those of the batch at hand and
    their product is not linear in it, so a batch in parts (accumulation, several ranks) has a slightly other penalty.
    """

    @dataclass(frozen=True)
    class Config:
        """How many experts, which of them a token meets, and how wide they are.

        experts: E; top_k: K, how many a token is routed to; shared: how many more every token meets; hidden: units of
        one expert, or null for the width at which the parameters a token meets are those of an MLP without experts or
        gate whose ratio is `ratio`; renormalise: p sums to 1 over the chosen; scale: of their sum; balance: weight of
        the load-balancing loss, 0 for none.
        """

        experts: int = 4
        top_k: int = 2
        hidden: int | None = None
        ratio: float = 4.0
        shared: int = 0
        renormalise: bool = True
        scale: float = 1.0
        balance: float = 0.01

        def check(self, model: GPTConfig, key: str) -> None:
            check_width(self.ratio, self.hidden, model, key)
            if self.experts < 2:
                raise ValueError(
                    f"{key}.experts: {self.experts} leaves nothing to route; allowed: 2 or more, or {key}.type=swiglu"
                )
            if not 1 <= self.top_k <= self.experts:
                raise ValueError(f"{key}.top_k: {self.top_k} of {self.experts} experts; allowed: 1 to {self.experts}")
            if self.top_k == 1 and self.renormalise:
                raise ValueError(
                    f"{key}.renormalise: the weight of a single expert would always be 1, which teaches the router "
                    f"nothing; allowed with top_k 1: false"
                )
            if not self.scale > 0:
                raise ValueError(f"{key}.scale: {self.scale} leaves nothing of the experts; allowed: above 0")
            for name in ("shared", "balance"):
                if not getattr(self, name) >= 0:
                    raise ValueError(f"{key}.{name}: {getattr(self, name)} is below 0; allowed: 0 or more")

        def parameters(self, model: GPTConfig, layer: int) -> int:
            return self._counting(self.experts, model)

        def active_parameters(self, model: GPTConfig, layer: int) -> int:
            """Those that one token meets."""
            return self._counting(self.top_k, model)

        def width(self, model: GPTConfig) -> int:
            """Hidden units of one expert."""
            if self.hidden is not None:
                return self.hidden
            together = matched_width(round(self.ratio * model.n_embd), model.n_embd)
            return max(1, round(together / (self.top_k + self.shared)))

        def _counting(self, routed: int, model: GPTConfig) -> int:
            each = gated_parameters(model.n_embd, self.width(model))
            return self.experts * model.n_embd + (routed + self.shared) * each

    def __init__(self, config: Config, model: GPTConfig, layer: int) -> None:
        super().__init__()
        self.config, width, hidden = config, model.n_embd, config.width(model)
        self.router = Router(width, config.experts, bias=False)
        self.experts = nn.ModuleList(Gated(width, hidden, F.silu) for _ in range(config.experts))
        # Experts that every token meets are one wide expert.
        self.shared = Gated(width, config.shared * hidden, F.silu) if config.shared else None

    def forward(self, x: Tensor, state: ForwardState) -> Tensor:
        rows = x.flatten(0, -2)  # (N, C)
        chances = self.router(rows).softmax(-1)  # (N, E)
        weights, chosen = chances.topk(self.config.top_k, -1)  # (N, K)
        if self.training and self.config.balance:
            state.penalties.append(self.config.balance * unevenness(chances, chosen))
        if self.config.renormalise:
            weights = weights / weights.sum(-1, keepdim=True)
        y = self._experts(rows, (self.config.scale * weights).to(x.dtype), chosen, state).view_as(x)
        return y if self.shared is None else y + self.shared(x, state)

    def _experts(self, rows: Tensor, weights: Tensor, chosen: Tensor, state: ForwardState) -> Tensor:
        """Rows (N, C), with weights and experts (N, K) of each -> the weighted sums (N, C)."""
        if rows.is_meta:  # no values, so no choices; any expert has the size of the K that a row would meet
            one: Tensor = self.experts[0](rows.repeat_interleave(chosen.shape[1], 0), state)
            return (one.view(*chosen.shape, -1) * weights.unsqueeze(-1)).sum(1)
        y = torch.zeros_like(rows)
        for number, expert in enumerate(self.experts):
            row, place = (chosen == number).nonzero(as_tuple=True)  # (R,) each; an idle expert gets gradients of 0
            update = expert(rows[row], state) * weights[row, place].unsqueeze(-1)  # (R, C)
            y = y.index_add(0, row, update.to(y.dtype))
        return y


def unevenness(chances: Tensor, chosen: Tensor) -> Tensor:
    """How unevenly the experts are used: 1 if evenly, up to E; chances (N, E), chosen (N, K) -> scalar."""
    experts = chances.shape[-1]
    # Not bincount, which has no deterministic form on every device.
    share = (chosen.unsqueeze(-1) == torch.arange(experts, device=chosen.device)).to(chances.dtype).mean((0, 1))
    return experts * (share * chances.mean(0)).sum()
