"""What the commands about rented machines say when they are asked for what there is not: one message, no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.house import House
from tinker.cli import main as cli
from tinker.cloud.api.client import Api
from tinker.cloud.api.wire import PodOrder
from tinker.cloud.fake.clock import VirtualClock
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.state import State
from tinker.errors import FAILED, USAGE

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with FakeRunPod(tmp_path / "service", clock=VirtualClock()) as fake:
        made = House(tmp_path / "here", fake, monkeypatch)
        made.settle_in()
        yield made


def tinker(house: House, *arguments: str) -> int:
    """The command with those arguments; its exit code."""
    house.monkeypatch.setattr(sys, "argv", ["tinker", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert isinstance(caught.value.code, int)
    return caught.value.code


def pod(house: House, name: str = "tinker-0000000f-1", owner: str | None = None) -> None:
    """One that this user has rented from another computer."""
    env = {OWNER: owner or State().owner(), FLEET: name.rpartition("-")[0], DEADLINE: "1800003600"}
    order = PodOrder(name, "image", "NVIDIA L4", 2, "SECURE", 40, env, ("sleep", "1"))
    Api(house.fake.key, house.fake.url).create_pod(order)


WITH_A_KEY = [
    ["run", "g.yaml", "--on", "runpod", "--yes"],
    ["attach"],
    ["cloud", "plan", "g.yaml"],
    ["cloud", "ls"],
    ["cloud", "logs", "p"],
    ["cloud", "ssh", "p"],
    ["cloud", "reap"],
    ["cloud", "down", "f"],
]


@pytest.mark.parametrize("arguments", WITH_A_KEY, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("key", [None, "  "])
def test_without_a_key_every_command_says_where_to_get_one(
    house: House, capsys: Captured, arguments: list[str], key: str | None
) -> None:
    if key is None:
        house.monkeypatch.delenv("RUNPOD_API_KEY")
    else:
        house.monkeypatch.setenv("RUNPOD_API_KEY", key)
    assert tinker(house, *arguments) == USAGE
    said = capsys.readouterr()
    assert said.err.startswith("tinker: RUNPOD_API_KEY is not set: make a key at https://console.runpod.io")
    assert "`tinker cloud fake`" in said.err
    assert said.out == ""
    assert house.fake.calls == []


@pytest.mark.parametrize("arguments", WITH_A_KEY, ids=lambda words: " ".join(words[:2]))
def test_a_key_that_is_none_is_said_and_not_shown(house: House, capsys: Captured, arguments: list[str]) -> None:
    house.monkeypatch.setenv("RUNPOD_API_KEY", "rpa_wrongandsecret")
    code = tinker(house, *arguments)
    said = capsys.readouterr()
    if arguments[0] == "attach" or arguments[1] == "down":  # they know without asking that there is no such fleet
        assert code == FAILED
    else:
        assert code == FAILED
        assert "RunPod answered 401" in said.err
        assert "check RUNPOD_API_KEY" in said.err
    assert "wrongandsecret" not in said.err + said.out
    assert house.ordered() == 0


@pytest.mark.parametrize("command", ["logs", "ssh"])
def test_a_pod_that_there_is_not_is_said_with_those_that_there_are(
    house: House, capsys: Captured, command: str
) -> None:
    assert tinker(house, "cloud", command, "web-ui") == FAILED
    assert capsys.readouterr().err == "tinker: web-ui: no pod of yours; there are: none\n"
    pod(house)
    pod(house, "tinker-0000000e-1", owner="f" * 16)
    assert tinker(house, "cloud", command, "tinker-0000000e-1") == FAILED
    assert capsys.readouterr().err == "tinker: tinker-0000000e-1: no pod of yours; there are: tinker-0000000f-1\n"


def test_a_shell_in_a_pod_whose_keys_are_elsewhere_is_refused(house: House, capsys: Captured) -> None:
    pod(house)
    assert tinker(house, "cloud", "ssh", "tinker-0000000f-1") == FAILED
    assert capsys.readouterr().err == ("tinker: tinker-0000000f-1: the keys of its fleet are not on this computer\n")


def test_a_fleet_that_there_is_not_is_said_with_those_that_there_are(house: House, capsys: Captured) -> None:
    assert tinker(house, "cloud", "down", "tinker-00000000") == FAILED
    assert capsys.readouterr().err == "tinker: tinker-00000000: no fleet of yours; open ones: none\n"
    assert tinker(house, "attach", "tinker-00000000") == FAILED
    assert capsys.readouterr().err == "tinker: tinker-00000000: fleets with a run that goes on: none\n"
    assert tinker(house, "attach") == FAILED
    assert capsys.readouterr().err == "tinker: no fleet is named: fleets with a run that goes on: none\n"


@pytest.mark.parametrize("option", [["--yes"], ["-y"], ["--detach"], ["--fleet", "f.yaml"]])
def test_options_of_a_run_elsewhere_are_not_for_one_here(house: House, capsys: Captured, option: list[str]) -> None:
    assert tinker(house, "run", "g.yaml", *option) == USAGE
    assert capsys.readouterr().err == (
        "tinker: --fleet, --yes and --detach are for runs elsewhere; say where with --on\n"
    )
    assert not (house.folder / "results").exists()


@pytest.mark.parametrize("where", ["nonsense", "ssh://", "ray://", "ssh", "RunPod", "http://host", ""])
def test_a_place_that_is_none_is_said_with_what_is_allowed(house: House, capsys: Captured, where: str) -> None:
    assert tinker(house, "run", "g.yaml", "--on", where) == USAGE
    said = capsys.readouterr().err
    assert said.startswith(f"tinker: --on {where}: not a place; allowed: runpod, ssh://")
    assert house.fake.calls == []


@pytest.mark.parametrize("where", ["runpod", "ssh://me@host", "ray://host:10001"])
def test_machines_are_asked_for_one_grid(house: House, capsys: Captured, where: str) -> None:
    (house.folder / "h.yaml").write_text((house.folder / "g.yaml").read_text())
    assert tinker(house, "run", "g.yaml", "h.yaml", "--on", where, "--yes") == USAGE
    assert capsys.readouterr().err == (
        "tinker: g.yaml, h.yaml: machines are asked for one grid, whose cost they are; name one\n"
    )
    assert house.fake.calls == []


def test_a_grid_outside_the_current_folder_is_refused(house: House, capsys: Captured) -> None:
    elsewhere = house.folder.parent / "far.yaml"
    elsewhere.write_text((house.folder / "g.yaml").read_text())
    assert tinker(house, "run", str(elsewhere), "--on", "runpod", "--yes") == USAGE
    assert "what a grid names is sent from the current folder" in capsys.readouterr().err
    assert house.fake.calls == []


def test_nobody_to_ask_is_a_message_and_rents_nothing(house: House, capsys: Captured) -> None:
    assert tinker(house, "run", "g.yaml", "--on", "runpod") == USAGE
    assert capsys.readouterr().err.endswith("Nobody can be asked here; give --yes\n")
    assert house.ordered() == 0


def test_pods_are_listed_with_how_they_stand_and_reap_leaves_those_of_elsewhere(house: House, capsys: Captured) -> None:
    pod(house)
    pod(house, "tinker-0000000e-1", owner="f" * 16)
    assert tinker(house, "cloud", "ls", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["fleets"] == []
    (only,) = listed["pods"]
    assert (only["pod"], only["cards"], only["usd_per_hour"]) == ("tinker-0000000f-1", 2, 0.86)
    assert (only["standing"], only["minutes_left"]) == ("elsewhere", 60.0)
    assert tinker(house, "cloud", "ls") == 0
    assert "tinker-0000000e-1" not in capsys.readouterr().out
    assert tinker(house, "cloud", "reap") == 0
    assert "left alone: tinker-0000000f-1" in capsys.readouterr().out
    assert len(house.fake.living) == 2
    assert tinker(house, "cloud", "reap", "--all-mine") == 0
    assert [each.name for each in house.fake.living] == ["tinker-0000000e-1"]
    assert tinker(house, "cloud", "ls") == 0
    assert capsys.readouterr().out.endswith("nothing is rented\n")


@pytest.mark.parametrize("command", [["cloud", "ls"], ["cloud", "reap"]])
def test_a_service_that_does_not_answer_is_never_no_pods(house: House, capsys: Captured, command: list[str]) -> None:
    house.monkeypatch.setattr("tinker.cloud.api.again.OURS", 0.0)
    house.monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://127.0.0.1:9")
    assert tinker(house, *command) == FAILED
    said = capsys.readouterr()
    assert "no answer from RunPod" in said.err
    assert said.out == ""
