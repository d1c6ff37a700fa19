"""A grid of short trials by `tinker run`, and the same trials by plain Ray Tune with Lightning, as whole commands.

    python -m benchmarks.against_ray_tune [--trials 60] [--plain 60] [--times 1]

Both sides train the same models (`scale=smoke` on the generated corpus) for the same steps on the same batches, with
the same evaluations, two trials at once with a thread each. The plain side is what one would write first:
`tune.Tuner(train, ...)` with a function that imports what it needs and fits a `Trainer`; Ray Tune gives every trial a
process of its own. tinker runs twice: with each trial for itself, and with `resources.fused: 5`, which trains an arm's
five seeds as one program. The sides alternate. With `--plain` below `--trials` the plain side does so many, and what
the others would take is added by the pace at which trials ended after the first two: said so in the output. What is
installed counts, since much of a short trial is imports: PyTorch's neighbours load what they find.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUN = "import sys; sys.argv[0] = 'tinker'; from tinker.cli.entry import main; main()"
ARMS = 12
#: Seeds of an arm that are trained as one program, on one of tinker's sides.
FUSED = 5
GRID = """
name: short
question: What do short trials cost?
control: base
scale: smoke
data: grammar
seeds: {seeds}
base: {{train.accelerator: cpu, train.threads: 1}}
decide: {{metric: val_loss, min_effect: 0.01}}
resources: {{concurrent: 2, fused: {fused}}}
arms: {{{arms}}}
"""


def rate(arm: int) -> float:
    """The learning rate of an arm."""
    return round(6e-3 + arm * 1e-4, 6)


def train(config: dict[str, Any]) -> None:
    """A function trainable as it is usually written."""
    import lightning.pytorch as L
    import torch
    from ray import tune
    from torch.utils.data import DataLoader

    from model.gpt import GPT
    from tinker.config.schema import TrialConfig
    from tinker.data.corpus import corpus_of
    from tinker.train.evaluate import evaluate

    asked = TrialConfig.from_dict(config["trial"])
    corpus, steps, seed = corpus_of(asked), asked.train.steps, config["seed"]
    torch.set_num_threads(1)
    L.seed_everything(seed)
    rows, context = asked.train.batch_size, asked.model.context

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.model = GPT(asked.gpt(corpus.vocab_size), seed=seed)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            loss = self.model(*batch)
            self.log("train_loss", loss)
            if (batch_idx + 1) % asked.train.eval_every == 0:
                tune.report({"step": batch_idx + 1, **evaluate(self.model, corpus, context, self.device)})
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.AdamW(self.parameters(), lr=asked.optimizer.lr, betas=(0.9, 0.99))

    batches = [corpus.batch(seed, step, rows, context) for step in range(steps)]
    loader = DataLoader(batches, batch_size=None)
    trainer = L.Trainer(
        max_steps=steps, accelerator="cpu", devices=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, gradient_clip_val=1.0,
    )  # fmt: skip
    trainer.fit(Module(), loader)


def plain(trials: int, folder: Path) -> None:
    """The plain command; says when trials ended, seconds since the epoch."""
    import ray
    from ray import tune

    from tinker.config.compose import compose

    base = ["scale=smoke", "data=grammar", "train.accelerator=cpu", "train.threads=1"]
    runs = [{"trial": compose([*base, f"optimizer.lr={rate(n % ARMS)}"]), "seed": n // ARMS} for n in range(trials)]
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    space = tune.grid_search(runs)

    def of_run(config: dict[str, Any]) -> None:
        train(config["run"])

    tuner = tune.Tuner(
        tune.with_resources(of_run, {"cpu": 1}),
        param_space={"run": space},
        run_config=tune.RunConfig(storage_path=str(folder), verbose=0),
    )
    found = tuner.fit()
    ends = sorted(result.metrics["timestamp"] for result in found if not result.error and result.metrics)
    print(json.dumps({"ends": ends}))


def seconds(command: list[str], said: Path) -> float:
    """Of a whole command, from this source, which must end well."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}
    start = time.perf_counter()
    with said.open("wb") as file:
        done = subprocess.run(command, env=environment, cwd=said.parent, stdout=file, stderr=subprocess.STDOUT)
    if done.returncode:
        sys.exit(f"{command[1:4]} ended with {done.returncode}:\n{said.read_text(errors='replace')[-3000:]}")
    return time.perf_counter() - start


def ours(trials: int, fused: int) -> float:
    """Seconds of `tinker run`; `fused` of an arm's seeds are one program."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arms = ", ".join(f"lr{arm}: {{optimizer.lr: {rate(arm)}}}" for arm in range(1, ARMS))
        (folder / "short.yaml").write_text(GRID.format(seeds=trials // ARMS, arms=arms, fused=fused), encoding="utf-8")
        return seconds([sys.executable, "-P", "-c", RUN, "run", "short.yaml"], folder / "said.txt")


def theirs(trials: int, whole: int) -> tuple[float, str]:
    """Seconds of the plain command with `whole` trials, and how they are known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "benchmarks.against_ray_tune", "--only-plain", str(trials), "--at", name]
        took = seconds(command, folder / "said.txt")
        ends = json.loads((folder / "said.txt").read_text().strip().splitlines()[-1])["ends"]
    if trials == whole:
        return took, "measured"
    pace = (ends[-1] - ends[1]) / (len(ends) - 2)
    return took + (whole - trials) * pace, f"{trials} trials in {took:.0f} s, the others at {pace:.2f} s a trial"


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--plain", type=int, default=60)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--only-plain", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--at", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_plain:
        plain(options.only_plain, options.at)
        return
    ratios: dict[int, list[float]] = {1: [], FUSED: []}
    for _ in range(options.times):
        own = {fused: ours(options.trials, fused) for fused in ratios}
        other, how = theirs(min(options.plain, options.trials), options.trials)
        print(f"{options.trials} trials: Ray Tune {other:.1f} s ({how})", flush=True)
        for fused, took in own.items():
            ratios[fused].append(other / took)
            print(f"    tinker, resources.fused={fused}: {took:.1f} s, x{other / took:.1f}", flush=True)
    for fused, found in ratios.items():
        low, high = min(found), max(found)
        print(f"resources.fused={fused}, n={len(found)}: median x{median(found):.1f} ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
