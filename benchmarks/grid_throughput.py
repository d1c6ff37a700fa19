"""Steps a second of a grid of equal trials on two cores, and of the plain loop that runs them one after another.

    python -m benchmarks.grid_throughput [--steps 600] [--times 3] [SWITCH ...]

Both sides train the control at `data=tinyshakespeare scale=cpu-char`, four seeds, for so many steps. The plain side is
an eager loop in one process with two threads, evaluating nothing. The other is `tinker run` with two trials at once, a
thread each, and switches, `train.matmul=onednn train.fused_optimizer=true` unless told otherwise. Evaluations and
checkpoints are included, and so is compiling with `train.compile=true`. Its clock runs from the start of the first
trial to the last commit, so that Ray's start and the imports, which a longer grid does not feel, are left out. The
sides alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()"
TRIALS = 4
GRID = """
name: equal
question: How fast?
control: base
scale: cpu-char
data: tinyshakespeare
seeds: {trials}
base:
  train.accelerator: cpu
  train.threads: 1
  train.steps: {steps}
  train.eval_every: {steps}
  schedule.warmup_steps: 10
decide: {{metric: val_loss, min_effect: 0.01}}
resources: {{concurrent: 2}}
arms: {{}}
"""


def plain(steps: int) -> None:
    """The loop, as small scripts have it; prints its steps a second over all trials."""
    import torch

    from model.gpt import GPT
    from tinker.config.compose import compose
    from tinker.config.schema import TrialConfig
    from tinker.data.corpus import corpus_of

    asked = TrialConfig.from_dict(compose(["scale=cpu-char", "data=tinyshakespeare", "train.accelerator=cpu"]))
    corpus, taken = corpus_of(asked), 0.0
    torch.set_num_threads(2)
    for seed in range(TRIALS):
        model = GPT(asked.gpt(corpus.vocab_size), seed=seed)
        optimizer = torch.optim.AdamW(model.parameters(), lr=asked.optimizer.lr, betas=(0.9, 0.99))
        began = time.perf_counter()
        for step in range(steps):
            inputs, targets = corpus.batch(seed, step, asked.train.batch_size, asked.model.context)
            loss = model(inputs, targets)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        taken += time.perf_counter() - began
    print(TRIALS * steps / taken)


def theirs(steps: int) -> float:
    """Steps a second of the plain loop."""
    command = [sys.executable, "-m", "benchmarks.grid_throughput", "--only-plain", str(steps)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    said = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return float(said.strip().splitlines()[-1])


def ours(steps: int, switches: list[str]) -> float:
    """Steps a second of the grid."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "equal.yaml").write_text(GRID.format(trials=TRIALS, steps=steps), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
        done = subprocess.run(
            [sys.executable, "-P", "-c", RUN, "run", "equal.yaml", *switches],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"tinker run ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        times: list[float] = []
        for path in folder.glob("results/trials/*/*/result.json"):
            began = json.loads((path.parent / "status.json").read_bytes())["started"]
            ended = json.loads(path.read_bytes())["record"]["committed"]
            times += [datetime.fromisoformat(time_).timestamp() for time_ in (began, ended)]
        return TRIALS * steps / (max(times) - min(times))


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("switches", nargs="*", default=["train.matmul=onednn", "train.fused_optimizer=true"])
    parser.add_argument("--only-plain", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_plain:
        plain(options.only_plain)
        return
    print(" ".join(options.switches))
    ratios = []
    for _ in range(options.times):
        other, own = theirs(options.steps), ours(options.steps, options.switches)
        ratios.append(own / other)
        print(f"plain loop {other:.1f} steps/s, tinker {own:.1f} steps/s: x{own / other:.2f}", flush=True)
    print(f"ratio, n={len(ratios)}: median {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
