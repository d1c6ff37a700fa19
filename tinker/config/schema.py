"""What a trial's config may say. It has no defaults: `tinker/conf` has them, and a resolved config says all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from model.config import GPTConfig
from tinker.config.limits import Limits
from tinker.config.model_config import Count, ModelConfig
from tinker.config.plain import plain
from tinker.config.plugins import load_plugins
from tinker.config.strict import parse
from tinker.data.corpus import DATA
from tinker.errors import ConfigError
from tinker.train.slots import OPTIMIZER, SCHEDULE


@dataclass(frozen=True)
class ScaleConfig:
    """Which scale the sizes come from: a label, what it needs, and the corpora that it was calibrated for."""

    name: str
    requires: Literal["any", "gpu"]
    corpora: tuple[str, ...]


@dataclass(frozen=True)
class TrainConfig:
    """The budget, and what may change the numbers without being asked for."""

    steps: Count
    batch_size: Count
    eval_every: Count
    grad_clip: Annotated[float, Limits(above=0)] | None
    precision: Literal["fp32", "bf16"]
    compile: bool
    threads: Count
    accelerator: Literal["cpu", "cuda", "mps"]


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
    """Everything that is asked of one trial but its seeds."""

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
        steps = self.train.steps
        if self.train.eval_every > steps:
            raise ConfigError("train.eval_every", f"{self.train.eval_every} is more than train.steps {steps}")
        warmup_steps = getattr(self.schedule, "warmup_steps", 0)  # not every schedule warms up or has a final rate
        if warmup_steps > steps:
            raise ConfigError("schedule.warmup_steps", f"{warmup_steps} is more than train.steps {steps}")
        min_lr = getattr(self.schedule, "min_lr", 0.0)
        if min_lr > self.optimizer.lr:
            raise ConfigError("schedule.min_lr", f"{min_lr} is more than optimizer.lr {self.optimizer.lr}")
