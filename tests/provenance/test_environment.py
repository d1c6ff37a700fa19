"""The environment of a row, and its class."""

from __future__ import annotations

import json
import platform
import re

import pytest
import torch

from tinker.errors import UserError
from tinker.provenance import environment as module
from tinker.provenance.environment import environment, environment_class
from tinker.store.layout import NAME

CPU = {
    "device": {"type": "cpu", "name": "AMD EPYC 9B14 96-Core Processor", "capability": "AVX512"},
    "torch": "2.13.0+cpu",
    "threads": 1,
    "backend": "eager",
    "precision": "fp32",
    "git": None,
    "driver": None,
}
GPU = {**CPU, "device": {"type": "cuda", "name": "NVIDIA H100 80GB HBM3", "capability": "9.0", "memory_bytes": 1}}


def edited(base, **changes):
    return {**base, **changes}


def test_the_class_reads_well():
    assert re.fullmatch(r"cpu-amd-epyc-9b14-avx512-torch2\.13-t1-[0-9a-f]{6}", environment_class(CPU))
    assert re.fullmatch(r"cuda-nvidia-h100-80gb-torch2\.13-t1-[0-9a-f]{6}", environment_class(GPU))
    xeon = edited(CPU, device={**CPU["device"], "name": "Intel(R) Xeon(R) CPU @ 2.20GHz"})
    assert environment_class(xeon).startswith("cpu-intel-xeon-avx512-torch2.13-t1-")


@pytest.mark.parametrize(
    "changes",
    [
        {"git": {"commit": "abc", "diff": "x"}},
        {"torch": "2.13.1+cu130"},
        {"driver": "580.1"},
        {"python": "3.13.0"},
        {"precision": "bf16"},
    ],
)
def test_what_does_not_decide_is_not_in_the_class(changes):
    assert environment_class(edited(CPU, **changes)) == environment_class(CPU)


@pytest.mark.parametrize(
    "changes",
    [
        {"torch": "2.14.0+cpu"},
        {"threads": 2},
        {"ranks": {"count": 2, "strategy": "ddp"}},
        {"backend": "sdpa"},
        {"device": {**CPU["device"], "name": "AMD EPYC 9B14 64-Core Processor"}},
        {"device": {**CPU["device"], "capability": "AVX2"}},
        {"device": GPU["device"]},
    ],
)
def test_what_decides_is_in_the_class(changes):
    assert environment_class(edited(CPU, **changes)) != environment_class(CPU)


def test_ranks_are_told_apart_and_named_where_there_are_several():
    classes = [
        environment_class(edited(CPU, ranks={"count": count, "strategy": strategy}))
        for count, strategy in ((2, "ddp"), (2, "fsdp"), (4, "ddp"))
    ]
    assert len(set(classes)) == 3
    assert re.fullmatch(r"cpu-amd-epyc-9b14-avx512-torch2\.13-t1-2ddp-[0-9a-f]{6}", classes[0])
    assert "ranks" not in environment("cpu", 1, "fp32", "eager")
    assert environment("cpu", 1, "fp32", "eager", 2, "fsdp")["ranks"] == {"count": 2, "strategy": "fsdp"}


def test_the_environment_of_this_machine_is_plain_and_does_not_name_it():
    env = environment("cpu", 1, "fp32", "eager")
    assert json.loads(json.dumps(env)) == env
    assert env["torch"] == torch.__version__
    assert env["device"]["capability"] == torch.backends.cpu.get_cpu_capability()
    assert (env["threads"], env["precision"], env["backend"]) == (1, "fp32", "eager")
    assert env["libraries"]["numpy"]
    without_diff = {key: value for key, value in env.items() if key != "git"}
    assert platform.node() not in json.dumps(without_diff)
    assert NAME.fullmatch(environment_class(env))


def test_the_same_inputs_give_the_same_class_and_a_copy_of_ones_own():
    first = environment("cpu", 1, "fp32", "eager")
    known = environment_class(first)
    first["device"]["name"] = "changed by the caller"
    assert environment_class(environment("cpu", 1, "fp32", "eager")) == known


@pytest.mark.parametrize(("accelerator", "says"), [("tpu", "allowed: cpu, gpu, cuda, mps"), ("cuda", "sees none")])
def test_an_accelerator_that_is_not_there_is_refused(accelerator, says, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    module._machine.cache_clear()
    with pytest.raises(UserError, match=says):
        environment(accelerator, 1, "fp32", "eager")
