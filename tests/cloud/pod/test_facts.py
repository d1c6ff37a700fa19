"""What a machine says of itself."""

import os
from pathlib import Path

import pytest

from tinker.cloud.pod.facts import cards, cpus, facts, memory

SMI = """#!/bin/sh
case "$1" in
--query-gpu=*) echo "NVIDIA H100 80GB HBM3, 81559, 580.65.06"; echo "NVIDIA H100 80GB HBM3, 81559, 580.65.06";;
"") echo "| NVIDIA-SMI 580.65.06   Driver Version: 580.65.06   CUDA Version: 13.0 |";;
esac
"""


def test_a_share_of_the_cores_is_what_a_container_has(tmp_path: Path) -> None:
    there = cpus(tmp_path)
    assert there == len(os.sched_getaffinity(0))
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cpus(tmp_path) == there
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert cpus(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert cpus(tmp_path) == 1


def test_the_older_kind_of_control_groups_counts_as_well(tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("100000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert cpus(tmp_path) == 1
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    assert cpus(tmp_path) == len(os.sched_getaffinity(0))


def test_memory_is_the_smaller_of_the_hosts_and_the_containers(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       16000000 kB\nMemFree: 1 kB\n")
    assert memory(tmp_path, meminfo) == pytest.approx(16.384)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory(tmp_path, meminfo) == pytest.approx(16.384)
    (tmp_path / "memory.max").write_text("8000000000\n")
    assert memory(tmp_path, meminfo) == pytest.approx(8.0)


def test_cards_driver_and_cuda_are_those_of_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(SMI)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    card = {"name": "NVIDIA H100 80GB HBM3", "memory_gb": 85.5}
    assert cards() == {"cards": [card, card], "driver": "580.65.06", "cuda": "13.0"}


def test_a_machine_without_a_driver_has_no_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cards() == {"cards": [], "driver": None, "cuda": None}


def test_a_refused_key_is_told_and_a_machine_of_ones_own_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINKER_HOME", str(tmp_path / "not" / "there"))
    monkeypatch.delenv("RUNPOD_POD_ID", raising=False)
    assert facts()["can_delete"] is None
    monkeypatch.setenv("RUNPOD_POD_ID", "abc")
    assert facts()["can_delete"] is True
    (tmp_path / "not" / "there").mkdir(parents=True)
    (tmp_path / "not" / "there" / "refused").touch()
    assert facts()["can_delete"] is False
