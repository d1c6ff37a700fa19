"""`train.precision`, `accumulate`, `devices`, `strategy`: what does not go together is refused, with what to choose."""

from __future__ import annotations

import pytest

from tests.config.conftest import Shipped
from tinker.errors import ConfigError
from tinker.spec import Seeds, TrialSpec


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["train.precision=fp16"], r"train\.precision: fp16 .* train\.accelerator is cpu; choose fp32 or bf16"),
        (["train.precision=tf32"], r"train\.precision: tf32 .* train\.accelerator is cpu; choose fp32 or bf16"),
        (["train.precision=fp16", "train.accelerator=mps"], r"train\.precision: fp16 .* is mps; choose"),
        (
            ["train.precision=fp64"],
            r"train\.precision: 'fp64' is not allowed; expected one of 'fp32', 'tf32', 'bf16', 'fp16'",
        ),
        (["train.devices=2", "train.accelerator=mps"], r"train\.devices: 2 ranks, .* mps has 1 device; choose 1"),
        (["train.strategy=ddp"], r"train\.strategy: ddp is for several ranks, and train\.devices is 1; choose auto"),
        (["train.strategy=fsdp"], r"train\.strategy: fsdp is for several ranks"),
        (
            ["train.matmul=onednn", "train.precision=bf16"],
            r"train\.matmul: onednn .* train\.precision bf16; choose torch",
        ),
        (
            ["train.matmul=onednn", "train.accelerator=cuda"],
            r"train\.matmul: onednn .* train\.accelerator is cuda, .*; choose torch",
        ),
        (["train.accumulate=0"], r"train\.accumulate: 0 is not allowed"),
        (["train.batch_size=6", "train.accumulate=4"], r"train\.batch_size: 6 rows .* nearest allowed: 8"),
        (
            ["train.batch_size=6", "train.devices=2", "train.accumulate=2"],
            r"train\.batch_size: 6 rows cannot be shared out among train\.devices 2 x train\.accumulate 2; nearest",
        ),
        (
            ["train.fused_optimizer=true", "optimizer=lion"],
            r"train\.fused_optimizer: lion has no fused kernel .* leave it out .* or choose optimizer=adamw",
        ),
        (
            ["train.fused_optimizer=true", "train.devices=2", "train.strategy=fsdp"],
            r"train\.fused_optimizer: .* shards; choose train\.strategy=ddp",
        ),
        (
            ["train.devices=2", "train.strategy=fsdp", "optimizer=muon"],
            r"train\.strategy: fsdp .* muon needs all of it .* choose ddp, or optimizer=adamw",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(overrides: list[str], message: str, shipped: Shipped) -> None:
    with pytest.raises(ConfigError, match=message):
        shipped("scale=smoke", "train.accelerator=cpu", *overrides)


def test_what_a_gpu_can_do_is_allowed_on_one(shipped: Shipped) -> None:
    for precision in ("fp32", "tf32", "bf16", "fp16"):
        config = shipped("scale=smoke", "train.accelerator=cuda", f"train.precision={precision}", "train.devices=2")
        assert config.train.precision == precision


def test_auto_is_another_word_for_ddp_and_no_other_trial(shipped: Shipped) -> None:
    auto, ddp = (shipped("scale=smoke", "train.devices=2", f"train.strategy={name}") for name in ("auto", "ddp"))
    assert auto == ddp
    assert auto.as_dict()["train"]["strategy"] == "ddp"


def test_one_process_and_one_batch_are_not_mentioned_in_a_trial(shipped: Shipped) -> None:
    said = ["train.accumulate=1", "train.devices=1", "train.strategy=auto"]
    plain, spelt = shipped("scale=smoke"), shipped("scale=smoke", *said)
    assert plain.as_dict() == spelt.as_dict()
    assert not {"accumulate", "devices", "strategy"} & plain.as_dict()["train"].keys()


@pytest.mark.parametrize("override", ["train.accumulate=2", "train.devices=2"])
def test_another_split_is_another_trial(override: str, shipped: Shipped) -> None:
    one, other = (TrialSpec.of(shipped("scale=smoke", *o).as_dict(), Seeds(1, 1), "c").id for o in ([], [override]))
    assert one != other
