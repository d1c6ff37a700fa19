"""The training loss of an optimizer step, which may come in parts: micro-batches, each on every rank."""

from __future__ import annotations

from torch import Tensor

from tinker.train.parallel import ranks


class StepLoss:
    """Puts together what the Trainer reports after each micro-batch.

    Args:
        accumulate: micro-batches of a step on one rank.
    """

    def __init__(self, accumulate: int) -> None:
        self.accumulate = accumulate
        self._sum: Tensor | None = None
        self._count = 0

    def add(self, loss: Tensor) -> Tensor | None:
        """Takes a micro-batch's loss, which the Trainer has divided by their number.

        Returns:
            The mean over the global batch once its last micro-batch is in; None before.
        """
        self._sum = loss if self._sum is None else self._sum + loss
        self._count += 1
        if self._count < self.accumulate:
            return None
        total, self._sum, self._count = self._sum, None, 0
        return ranks.mean(total)
