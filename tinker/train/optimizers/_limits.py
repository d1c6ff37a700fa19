"""The ranges of what optimizers have in common, for the annotations of their Configs."""

from __future__ import annotations

from typing import Annotated

from tinker.config.limits import Limits

Positive = Annotated[float, Limits(above=0)]
NotNegative = Annotated[float, Limits(at_least=0)]
#: How much of a running average stays at a step.
Memory = Annotated[float, Limits(at_least=0, below=1)]
Count = Annotated[int, Limits(at_least=1)]
