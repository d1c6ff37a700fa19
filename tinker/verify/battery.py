"""The list of checks, and how they are run."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch

from tinker.errors import UserError
from tinker.verify.checks.backend import backend
from tinker.verify.checks.causal import causal
from tinker.verify.checks.coverage import declared, optimized
from tinker.verify.checks.dropout import dropout
from tinker.verify.checks.gradients import alive, finite, gradcheck
from tinker.verify.checks.keys import keys
from tinker.verify.checks.logits import logits
from tinker.verify.checks.off import off
from tinker.verify.checks.overfit import overfit
from tinker.verify.checks.products import products
from tinker.verify.checks.seeds import seeds
from tinker.verify.finding import Finding, failed
from tinker.verify.subject import Subject

Check = Callable[[Subject], Finding]

#: What `tinker run` and `tinker train` do before they spend anything; `backend` too where the others cannot use it, and
#: `products` where they are not torch's.
QUICK: dict[str, Check] = {
    "logits": logits,
    "causal": causal,
    "finite": finite,
    "declared": declared,
    "optimizer": optimized,
}

#: All of it, in the order of the table.
CHECKS: dict[str, Check] = {
    "logits": logits,
    "causal": causal,
    "gradcheck": gradcheck,
    "finite": finite,
    "alive": alive,
    "declared": declared,
    "optimizer": optimized,
    "seeds": seeds,
    "dropout": dropout,
    "keys": keys,
    "off": off,
    "backend": backend,
    "products": products,
    "overfit": overfit,
}


@dataclass(frozen=True)
class Line:
    """One line of an arm's table."""

    check: str
    finding: Finding
    seconds: float


def examine(subject: Subject) -> Iterator[Line]:
    """Runs the checks one after another. A check in which the arm raises an exception has failed, and says which.

    Raises:
        UserError: a package that the arm needs is missing.
    """
    with _threads(subject.config.train.threads):
        for name, check in _checks(subject).items():
            subject.say(name)
            start = time.perf_counter()
            try:
                with warnings.catch_warnings(action="ignore"):
                    finding = check(subject)
            except UserError:  # a package is missing: nothing is known of the arm
                raise
            except Exception as error:
                finding = failed(f"{type(error).__name__}: {str(error).strip() or 'without a message'}")
            if subject.refused and name != "backend":
                finding = replace(finding, seen=f"{finding.seen} (with the eager backend)")
            yield Line(name, finding, time.perf_counter() - start)


def _checks(subject: Subject) -> dict[str, Check]:
    if not subject.quick:
        return CHECKS
    asked_for = {"products": products} if subject.config.train.matmul != "torch" else {}
    return QUICK | asked_for | ({"backend": backend} if subject.refused else {})


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
