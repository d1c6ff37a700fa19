"""What Ray is started with. Ray itself: see the tests of `SshHost`."""

import ast
from pathlib import Path

import pytest

import tinker
from tinker.cloud.pod import ray_part
from tinker.errors import UserError


def test_trials_know_their_machine_and_neither_its_key_nor_the_token(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNPOD_API_KEY", "rpa_key")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of another cluster")
    env = ray_part.environment()
    assert env["TINKER_BUSY"] == str(machine / "busy")
    assert env["RAY_AUTH_MODE"] == "token"
    assert env["RAY_AUTH_TOKEN_PATH"] == str(machine / "token")
    assert not {"RUNPOD_API_KEY", "RAY_AUTH_TOKEN"} & set(env)


@pytest.mark.parametrize("token", ["", "short", None])
def test_without_a_token_worth_the_name_nothing_starts(machine: Path, token: str | None) -> None:
    with pytest.raises(UserError, match="without a token of 32"):
        ray_part.start({"address": "127.0.0.1", "cpus": 1, "gpus": 0, "head": None, "token": token})
    assert list(machine.iterdir()) == []


def test_trials_in_a_pod_get_what_the_scheduler_sets_at_home() -> None:
    tree = ast.parse((Path(tinker.__file__).parent / "schedule" / "pool.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    set_there = [call for call in calls if ast.unparse(call.func) == "os.environ.setdefault"]
    names = {ast.literal_eval(call.args[0]) for call in set_there}
    assert names
    assert names <= set(ray_part.ENVIRONMENT)
