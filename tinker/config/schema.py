"""What a trial's config may say. It has no defaults: `tinker/conf` has them, and a resolved config says all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from model.backend import Demanding
from model.config import GPTConfig
from model.registry import later
from tinker.config.limits import Limits
from tinker.config.model_config import Count, ModelConfig
from tinker.config.plain import plain
from tinker.config.plugins import load_plugins
from tinker.config.strict import parse
from tinker.data.corpus import DATA
from tinker.errors import ConfigError
from tinker.train.slots import FINETUNE, INIT_FROM, OPTIMIZER, SCHEDULE


@dataclass(frozen=True)
class ScaleConfig:
    """Which scale the sizes come from: a label, what it needs, and the corpora that it was calibrated for."""

    name: str
    requires: Literal["any", "gpu"]
    corpora: tuple[str, ...]


@dataclass(frozen=True)
class TrainConfig:
    """The budget, and what may change the numbers without being asked for.

    `batch_size` is that of one optimizer step, however many micro-batches (`accumulate`) and ranks (`devices`) it is
    spread over: losses and gradients are means over all of it. Only a penalty on statistics of a batch, such as the
    balance of experts, is that of each part. `auto` is ddp where there are several ranks. `until` stops a trial before
    its time, with the schedule of all `steps`: so tuning tells configurations apart that are not worth going on with.
    """

    steps: Count
    batch_size: Count
    eval_every: Count
    grad_clip: Annotated[float, Limits(above=0)] | None
    precision: Literal["fp32", "tf32", "bf16", "fp16"]
    compile: bool
    threads: Count
    accelerator: Literal["cpu", "cuda", "mps"]
    accumulate: Count = later(1)
    devices: Count = later(1)
    strategy: Literal["auto", "ddp", "fsdp"] = later("auto")
    until: Count | None = later(None)
    fused_optimizer: bool = later(False)
    matmul: Literal["torch", "onednn"] = later("torch")

    def __post_init__(self) -> None:
        if self.devices > 1 and self.strategy == "auto":  # two names of one thing would be two trials
            object.__setattr__(self, "strategy", "ddp")
        if self.until == self.steps:
            object.__setattr__(self, "until", None)

    @property
    def parts(self) -> int:
        """Into how many equal parts the batch of a step is cut: ranks times micro-batches."""
        return self.devices * self.accumulate

    @property
    def end(self) -> int:
        """The step after which training stops."""
        return self.steps if self.until is None else self.until

    def check(self) -> None:
        """Refuses what the accelerator cannot do, and batches that cannot be cut evenly.

        Raises:
            ConfigError: naming the keys, and what to choose.
        """
        if self.precision in ("fp16", "tf32") and self.accelerator != "cuda":
            raise ConfigError(
                "train.precision",
                f"{self.precision} is done by NVIDIA's GPUs alone, and train.accelerator is {self.accelerator}; "
                "choose fp32 or bf16, or train.accelerator=cuda",
            )
        if self.matmul == "onednn" and (self.accelerator, self.precision) != ("cpu", "fp32"):
            raise ConfigError(
                "train.matmul",
                f"onednn multiplies in fp32 on a CPU, and train.accelerator is {self.accelerator}, train.precision "
                f"{self.precision}; choose torch",
            )
        if self.devices > 1 and self.accelerator == "mps":
            problem = f"{self.devices} ranks, and train.accelerator mps has 1 device; choose 1"
            raise ConfigError("train.devices", problem)
        if self.devices == 1 and self.strategy != "auto":
            raise ConfigError(
                "train.strategy", f"{self.strategy} is for several ranks, and train.devices is 1; choose auto"
            )
        if self.fused_optimizer and self.strategy == "fsdp":
            problem = "the fused kernel was not made for weights in shards; choose train.strategy=ddp, or leave it out"
            raise ConfigError("train.fused_optimizer", problem)
        if self.batch_size % self.parts:
            near = max(1, round(self.batch_size / self.parts)) * self.parts
            raise ConfigError(
                "train.batch_size",
                f"{self.batch_size} rows cannot be shared out among train.devices {self.devices} x train.accumulate "
                f"{self.accumulate}; nearest allowed: {near}",
            )


@dataclass(frozen=True)
class CheckpointConfig:
    """How often a running trial saves itself, and what stays once it is done."""

    minutes: Annotated[float, Limits(above=0)]
    keep: Literal["all", "last", "best", "none"]


@dataclass(frozen=True)
class WandbConfig:
    """Weights & Biases: `offline` writes files that are sent later."""

    project: str
    offline: bool


@dataclass(frozen=True)
class MlflowConfig:
    """MLflow: where runs are tracked, and under which experiment."""

    tracking_uri: str
    experiment: str


@dataclass(frozen=True)
class LoggerConfig:
    """Mirrors of the curves; the store has them in any case."""

    csv: bool
    tensorboard: bool
    wandb: WandbConfig | None
    mlflow: MlflowConfig | None


@dataclass(frozen=True)
class TrialConfig:
    """Everything that is asked of one trial but its seeds.

    `split` is what it is evaluated on: with `tuning` a part of the training data, which it then does not train on.
    """

    recipe: str
    scale: ScaleConfig
    model: ModelConfig
    optimizer: Annotated[Any, OPTIMIZER]
    schedule: Annotated[Any, SCHEDULE]
    train: TrainConfig
    data: Annotated[Any, DATA]
    checkpoint: CheckpointConfig
    logger: LoggerConfig
    plugins: tuple[str, ...]
    init_from: Annotated[Any, INIT_FROM] = later(INIT_FROM)
    finetune: Annotated[Any, FINETUNE] = later(FINETUNE)
    split: Literal["validation", "tuning"] = later("validation")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrialConfig:
        """From plain data; the plugins that it names are imported first, since they bring variants.

        Raises:
            ConfigError: unknown or missing key, wrong type or value, or values that contradict each other.
        """
        plugins = data.get("plugins", ())
        if isinstance(plugins, (list, tuple)):
            load_plugins(plugins)
        config = parse(cls, data)
        config.check()
        return config

    def as_dict(self) -> dict[str, Any]:
        """Canonical plain data: every default written out, every variant with its `type:`."""
        return plain(self)

    def gpt(self, vocab_size: int) -> GPTConfig:
        """The model over a corpus of `vocab_size` tokens."""
        return self.model.gpt(vocab_size)

    def check(self) -> None:
        """What no field can know alone.

        Raises:
            ConfigError: naming both keys.
        """
        corpus = DATA.of(self.data).name
        if corpus not in self.scale.corpora:
            raise ConfigError(
                "data",
                f"scale {self.scale.name!r} was not made for the corpus {corpus!r}; allowed: "
                f"{', '.join(self.scale.corpora)}. Choose another scale=..., or accept a budget and learning rate "
                f"that were not calibrated for it with scale.corpora=[{corpus}]",
            )
        self.train.check()
        backend = self.model.backend
        if isinstance(backend, Demanding):
            refusal = backend.refuses(self.train.accelerator, self.train.precision, training=True)
            if refusal is not None:
                raise ConfigError("model.backend.type", refusal)
        optimizer = OPTIMIZER.of(self.optimizer)
        if self.train.strategy == "fsdp" and not getattr(optimizer.cls, "per_element", False):
            raise ConfigError(
                "train.strategy",
                f"fsdp leaves an optimizer a part of each parameter, and {optimizer.name} needs all of it (it does not "
                "say per_element = True); choose ddp, or optimizer=adamw",
            )
        if self.train.fused_optimizer and not getattr(optimizer.cls, "fusible", False):
            raise ConfigError(
                "train.fused_optimizer",
                f"{optimizer.name} has no fused kernel (it does not say fusible = True); leave it out for the whole "
                "grid, or choose optimizer=adamw",
            )
        steps = self.train.steps
        if self.train.end > steps:
            raise ConfigError("train.until", f"{self.train.until} is more than train.steps {steps}")
        if self.train.eval_every > steps:
            raise ConfigError("train.eval_every", f"{self.train.eval_every} is more than train.steps {steps}")
        warmup_steps = getattr(self.schedule, "warmup_steps", 0)  # not every schedule warms up or has a final rate
        if warmup_steps > steps:
            raise ConfigError("schedule.warmup_steps", f"{warmup_steps} is more than train.steps {steps}")
        min_lr = getattr(self.schedule, "min_lr", 0.0)
        if min_lr > self.optimizer.lr:
            raise ConfigError("schedule.min_lr", f"{min_lr} is more than optimizer.lr {self.optimizer.lr}")
        if hasattr(self.optimizer, "check"):  # not every optimizer minds what it is combined with
            self.optimizer.check(self)
        finetune = FINETUNE.of(self.finetune)
        if finetune.name != "none" and INIT_FROM.of(self.init_from).name == "none":
            raise ConfigError(
                "finetune",
                f"there is nothing that {finetune.name} could adapt, since init_from is none; give "
                "init_from=<a trial's id> or init_from=<a folder>",
            )
        if finetune.name != "none" and self.train.strategy == "fsdp":
            problem = f"{finetune.name} was not made for weights in shards; choose train.strategy=ddp"
            raise ConfigError("finetune", problem)
        FINETUNE.build(self.finetune).check(self.gpt(vocab_size=1))
