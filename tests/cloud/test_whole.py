"""A grid on rented machines with real SSH and real Ray, from the command to the report, against one that ran here."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.cloud.planted import Lines, Secrets, kept, leaks, of_key, of_pods
from tests.cloud.terminal import MARKS, ROOT, TINKER, Home, nothing_left
from tests.schedule.conftest import numbers, rows
from tinker.cloud.assembly import token_of
from tinker.cloud.fake.meter import Meter
from tinker.cloud.fake.runpod import FakeRunPod
from tinker.cloud.ledger import Account
from tinker.errors import OK
from tinker.store.record import StoredTrial

pytestmark = MARKS

GRID = ("grids/attention_variants.yaml", "scale=smoke", "seeds=1", "train.accelerator=cpu")
FLEET = ("resources.gpus=1", "fleet.pods=2", "fleet.gpus_per_pod=2")


@dataclass
class Ran:
    """What there is after the run.

    Attributes:
        folder: of everything: the home, and what the pods had at their deletion.
        name: of the grid's results.
        here, there: the rows of a run on this computer, and those that came home.
    """

    folder: Path
    home: Home = field(repr=False)
    name: str
    said: str
    report: dict[str, Any]
    account: Account
    meter: Meter
    here: dict[str, StoredTrial]
    there: dict[str, StoredTrial]
    secrets: Secrets = field(repr=False)
    lines: Lines = field(repr=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """`attention_variants` on two pods with two cards each."""
    folder = tmp_path_factory.mktemp("whole")
    environment = {"WANDB_API_KEY": secrets.token_hex(20), "HF_TOKEN": f"hf_{secrets.token_hex(17)}"}
    lines = Lines()
    temporary = TemporaryDirectory(prefix="tk", dir="/tmp")  # Ray's sockets lie there, whose paths must be short
    with temporary as short, FakeRunPod(folder / "service", "real") as fake, nothing_left(fake):
        home = Home(fake, folder / "home", environment | {"TMPDIR": short})
        shutil.copytree(ROOT / "grids", home.folder / "grids")
        with kept(folder / "pods"), lines.seen():
            there = home.tinker("run", *GRID, *FLEET, "--on", "runpod", "--yes", python=TINKER)
            here = home.tinker("run", *GRID, "--results", "here", python=TINKER)
            assert here.end() == OK, here.text
            assert there.end() == OK, there.text
        name = there.text.split("tinker report ")[-1].split()[0]
        report = home.tinker("report", name, "--format", "json", python=TINKER)
        table = home.tinker("report", name, python=TINKER)
        assert (report.end(), table.end()) == (OK, OK)
        with suppress(shutil.Error):  # sockets
            shutil.copytree(short, home.folder / "tmp", symlinks=True)
        planted = {name: value.encode() for name, value in environment.items()} | {
            "account key": fake.key.encode(),
            "Ray's token": token_of(home.fleet).encode(),
            "private key": of_key((home.fleet.keys / "id_ed25519").read_bytes()),
            **of_pods(fake.pods),
        }
        yield Ran(
            folder,
            home,
            name,
            there.text,
            json.loads(report.text),
            home.ledger.account,
            fake.meter,
            rows(home.folder / "here"),
            rows(home.results),
            planted,
            lines,
        )


def test_what_came_home_is_what_a_run_here_gives_value_by_value(ran: Ran) -> None:
    assert len(ran.here) == 7
    assert {name: numbers(row) for name, row in ran.there.items()} == {n: numbers(row) for n, row in ran.here.items()}
    assert {row.environment_class for row in ran.there.values()} == {row.environment_class for row in ran.here.values()}


def test_both_pods_had_trials_and_every_row_says_on_what_it_was_made(ran: Ran) -> None:
    here = [row.environment() for row in ran.here.values()]
    there = [row.environment() for row in ran.there.values()]
    rented = [environment["rented"] for environment in there]
    assert {each["pod"] for each in rented} == set(ran.account.pods) == {f"{ran.home.fleet.name}-{n}" for n in (1, 2)}
    assert all(environment["places"] for environment in there)
    for each in rented:
        pod = ran.account.pods[each["pod"]]
        known = ("fleet", "card", "data_center", "image", "usd_per_hour", "gpus", "cloud")
        wanted = (ran.home.fleet.name, pod.card, pod.data_center, pod.image, pod.usd_per_hour, 2, "SECURE")
        assert tuple(each[name] for name in known) == wanted
    assert {environment["rented"] for environment in here} == {None}
    commits = [(environment["git"] or {}).get("commit") for environment in (*here, *there)]
    assert len(set(commits)) == 1
    assert (commits[0] is not None) == (ROOT / ".git").exists()


def test_the_account_is_closed_and_agrees_with_the_meter_to_the_cent(ran: Ran) -> None:
    assert ran.account.closed
    assert (ran.account.submissions, ran.account.ended, ran.account.open) == (1, OK, [])
    for pod in ran.account.pods.values():
        assert pod.pod_id is not None
        assert pod.cost(0.0) == pytest.approx(ran.meter.usd(pod.pod_id), abs=0.005)
        assert pod.usd(0.0) == pytest.approx(ran.meter.usd(pod.pod_id), abs=0.005)
    assert ran.account.usd(0.0) == pytest.approx(ran.meter.total(), abs=0.005)
    assert f"has cost ${ran.meter.total():.2f}" in ran.said
    file = ran.home.results / ran.name / "rented" / f"{ran.home.fleet.name}.json"
    written = json.loads(file.read_text())
    assert {pod["name"] for pod in written["pods"]} == set(ran.account.pods)
    assert ran.report["rented"] == [written]
    assert written["usd"] == pytest.approx(ran.meter.total(), abs=0.005)
    arms = [row["usd"] for row in ran.report["comparisons"] if row["primary"]]
    assert len(arms) == 7
    assert sum(arms) == pytest.approx(written["usd"])


def test_no_secret_is_in_any_file_or_command_line(ran: Ran) -> None:
    allowed = {
        f"{ran.home.fleet.name}/keys/id_ed25519": "private key",
        "/token": "Ray's token",
        "/ssh/host_key": "host key of",
    }
    assert len(list((ran.folder / "pods").glob("*/of-ray"))) == 2, "Ray's own files were looked at"
    assert len(list((ran.folder / "service").glob("*.log"))) == 2, "what the pods said was looked at"
    found = leaks(ran.folder, ran.secrets, {})
    assert leaks(ran.folder, ran.secrets, allowed) == []
    # Where they must be they were found: the search works.
    assert len(found) == 5, found
    commands = b"\0".join(ran.lines.commands)
    assert ran.home.fleet.name.encode() in commands
    assert [name for name, secret in ran.secrets.items() if secret in commands] == []


def test_what_runs_in_a_pod_has_none_of_the_users_keys(ran: Ran) -> None:
    assert len(ran.lines.in_pods) > 10
    users = {"account key", "WANDB_API_KEY", "HF_TOKEN", "private key"}
    assert [name for name in users if any(ran.secrets[name] in seen for seen in ran.lines.in_pods)] == []
