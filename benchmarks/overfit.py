"""How long recipes take to learn one batch of 256 tokens by heart (below 0.05 nats per token), on one core.

    python benchmarks/overfit.py [RECIPE | KEY=VALUE]...

Recipes are those named, or all; KEY=VALUE holds for each (`scale=cpu-char data=tinyshakespeare`). Exit 1 if one fails.
"""

from __future__ import annotations

import json
import sys
import time

import torch

from tinker.config.compose import compose
from tinker.config.groups import Groups
from tinker.config.schema import TrialConfig
from tinker.verify.checks.overfit import overfit
from tinker.verify.subject import Subject


def main(arguments: list[str]) -> int:
    """Prints a line of JSON for each recipe."""
    torch.set_num_threads(1)
    overrides = [argument for argument in arguments if "=" in argument]
    recipes = [argument for argument in arguments if "=" not in argument] or Groups.find([]).options("recipe")
    sound = True
    for recipe in recipes:
        config = TrialConfig.from_dict(compose([f"recipe={recipe}", "train.accelerator=cpu", *overrides]))
        start = time.perf_counter()
        found = overfit(Subject(recipe, config))
        seconds = round(time.perf_counter() - start, 2)
        print(json.dumps({"recipe": recipe, "state": found.state, "seen": found.seen, "seconds": seconds}), flush=True)
        sound &= found.state == "ok"
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
