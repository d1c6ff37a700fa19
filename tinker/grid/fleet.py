"""What may be rented for a grid, as its file or a file of its own says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from tinker.config.limits import Limits, Pattern

#: Python 3.12 and an SSH server; PyTorch is installed from the lock, whatever the image has.
IMAGE = "runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404"

WORD = Pattern(r"\S(?:.*\S)?", "not empty")


@dataclass(frozen=True)
class Fleet:
    """Pods, and what they may cost. Every limit holds for one fleet: one `tinker run --on runpod`, until it is gone.

    Attributes:
        cards: GPU types in order of preference, by id or name; the first that can be had is taken. Empty is the
            cheapest that meets the deadline.
        strict_card: only the first of them will do, and is waited for: another card is another experiment.
        cloud: RunPod's own data centers, or hosts of others at about half the price.
        data_centers: where the pods may be; empty is anywhere.
        pods, gpus_per_pod: how many; several pods are one Ray cluster over the private network of one data center.
        image: of the container; the environment is installed from the lock in any case.
        disk: of the container, GB.
        volume: id of a network volume for the results there, so that checkpoints outlive a pod.
        checkpoints: which come home with the results.
        min_cuda: lowest CUDA version of the hosts' drivers; PyTorch's own build decides what is needed.
        max_usd: what the fleet may cost in all, image pull and idle time included.
        max_usd_per_hour: what all its pods together may cost.
        max_hours: how long a pod may live, and the deadline by which the cheapest offer is chosen.
        idle_minutes: so long a pod stays without a trial and without word from home, unless it has results that are
            not home yet.
    """

    cards: list[Annotated[str, WORD]] = field(default_factory=list)
    strict_card: bool = False
    cloud: Literal["secure", "community"] = "secure"
    data_centers: list[Annotated[str, WORD]] = field(default_factory=list)
    pods: Annotated[int, Limits(at_least=1, at_most=64)] = 1
    gpus_per_pod: Annotated[int, Limits(at_least=1, at_most=8)] = 1
    image: Annotated[str, WORD] = IMAGE
    disk: Annotated[int, Limits(at_least=10)] = 40
    volume: Annotated[str, WORD] | None = None
    checkpoints: Literal["unfinished", "all", "none"] = "unfinished"
    min_cuda: Annotated[str, Pattern(r"\d+\.\d+", "a version such as '13.0', in quotes")] = "13.0"
    max_usd: Annotated[float, Limits(above=0)] = 20.0
    max_usd_per_hour: Annotated[float, Limits(above=0)] = 5.0
    max_hours: Annotated[float, Limits(above=0)] = 6.0
    idle_minutes: Annotated[float, Limits(above=0)] = 15.0
