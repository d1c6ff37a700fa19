"""One model in one Trainer: what a trial, its resumption and its probation have in common."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import lightning.pytorch as L
import torch
from lightning.pytorch.loggers import Logger

from model.gpt import GPT
from tinker.config.schema import TrialConfig
from tinker.data.corpus import Corpus, corpus_of
from tinker.errors import UserError
from tinker.spec import TrialSpec
from tinker.train.allocator import keep_memory
from tinker.train.base import prepare, start_of
from tinker.train.compiled import compile_as_if_alone
from tinker.train.matmul import multiply_by_onednn
from tinker.train.module import GPTModule, step_loader
from tinker.train.parallel.strategy import strategy_of
from tinker.train.precision import LIGHTNING, fp32_products
from tinker.train.recorder import Recorder

ACCELERATOR = {"cpu": "cpu", "cuda": "gpu", "mps": "mps"}


class Training:
    """A trial's parts, built from its spec alone and ready to be fitted.

    Attributes:
        config: the spec's config, parsed.
        corpus: loaded, and equal to the one that the spec names.
        module: the model with its optimizer and schedule.
        start_digest: of the weights that it starts from; None from scratch.
        recorder: the curve, the metrics and the probes, as they come in.
    """

    def __init__(
        self,
        spec: TrialSpec,
        progress: Callable[[int, int], None] = lambda step, steps: None,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self.spec = spec
        self.config = TrialConfig.from_dict(spec.config)
        self.corpus = _corpus(self.config, spec)
        keep_memory()
        torch.set_num_threads(self.config.train.threads)
        model = GPT(self.config.gpt(self.corpus.vocab_size), seed=spec.seeds.init)
        prepare(model, self.config, spec.seeds.init)
        self.start_digest = start_of(self.config).digest()
        if self.config.train.matmul == "onednn":
            multiply_by_onednn(model)
        if self.config.train.compile:
            compile_as_if_alone(model, self.config)
        self.module = GPTModule(model, self.config, spec.seeds, self.corpus)
        self.recorder = Recorder(self.corpus, self.config.train.accumulate, progress, alive)

    def fit(
        self,
        *,
        resume: Path | None = None,
        until: int | None = None,
        callbacks: list[L.Callback] | None = None,
        loggers: list[Logger] | None = None,
    ) -> L.Trainer:
        """Trains from the start, or from the checkpoint `resume`, to the last step or to step `until`."""
        trainer = self.trainer(until, callbacks, loggers)
        loader = step_loader(self.config)
        with fp32_products(self.config.train.precision):
            trainer.fit(self.module, loader, ckpt_path=resume, weights_only=True)
        return trainer

    def trainer(
        self, until: int | None = None, callbacks: list[L.Callback] | None = None, loggers: list[Logger] | None = None
    ) -> L.Trainer:
        """A Trainer as this trial's config has it; the Recorder is its first callback."""
        _quiet_lightning()
        return L.Trainer(
            accelerator=ACCELERATOR[self.config.train.accelerator],
            devices=self.config.train.devices,
            strategy=strategy_of(self.config.train),
            precision=LIGHTNING[self.config.train.precision],  # type: ignore[arg-type]
            accumulate_grad_batches=self.config.train.accumulate,
            max_steps=until or self.config.train.end,
            gradient_clip_val=self.config.train.grad_clip,
            callbacks=[self.recorder, *(callbacks or [])],
            logger=loggers or False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            log_every_n_steps=1_000_000_000,  # the Recorder logs, at each evaluation
            limit_val_batches=0,
            use_distributed_sampler=False,
        )


def _corpus(config: TrialConfig, spec: TrialSpec) -> Corpus:
    corpus = corpus_of(config)
    if corpus.fingerprint != spec.corpus:
        raise UserError(
            f"trial {spec.id}: the corpus {corpus.name} on this machine has the fingerprint {corpus.fingerprint}, the "
            f"trial was declared on {spec.corpus}; use the same files, or expand the grid again here"
        )
    return corpus


def _quiet_lightning() -> None:
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*`broadcast_buffers` is deprecated.*")
    warnings.filterwarnings("ignore", message=".*IterableDataset.*__len__.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.*")
    warnings.filterwarnings("ignore", message=".*val_dataloader.*")
    warnings.filterwarnings("ignore", message=".*resuming from a checkpoint that ended before the epoch ended.*")
