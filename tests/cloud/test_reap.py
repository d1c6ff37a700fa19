"""The reaper deletes what nobody looks after, and nothing that is not this very user's."""

from __future__ import annotations

import pytest

from tests.cloud.yard import HOUR, Yard
from tinker.cloud.api.errors import Unavailable
from tinker.cloud.api.wire import Pod, PodOrder
from tinker.cloud.host import Say, Unreachable
from tinker.cloud.ledger import Ledger
from tinker.cloud.owned import DEADLINE, FLEET, OWNER
from tinker.cloud.reap import LATE, Found, look, settle
from tinker.errors import UserError


def test_an_orphan_goes_and_its_account_is_closed_to_the_cent(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder)
    yard.clock.advance(1800)
    assert yard.reap() == {pod.name: "orphan"}
    assert yard.living() == set()
    settle(yard.api, yard.state)
    account = Ledger(folder.ledger).account
    assert account.closed
    assert account.usd(0.0) == pytest.approx(0.215, abs=0.001) == yard.fake.meter.total()


def test_an_orphan_whose_order_was_never_answered_goes_and_is_counted(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder, noted=False)
    yard.clock.advance(1800)
    assert yard.reap() == {pod.name: "orphan"}
    assert Ledger(folder.ledger).account.pods[pod.name].pod_id == pod.id
    assert Ledger(folder.ledger).account.usd(0.0) == pytest.approx(0.215, abs=0.001)


def test_a_fleet_whose_launcher_lives_is_left_alone(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder)
    assert folder.hold()
    assert yard.reap() == {pod.name: "alive"}
    assert yard.living() == {pod.name}
    folder.let_go()


def test_a_run_that_was_left_on_purpose_is_left_alone_until_its_deadline(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder)
    Ledger(folder.ledger).write("detached")
    assert yard.reap() == {pod.name: "detached"}
    assert yard.living() == {pod.name}
    yard.fake.faults.plan("pod_key_refused", None)
    yard.clock.advance(2 * HOUR + LATE - 5)
    assert yard.reap() == {pod.name: "detached"}
    yard.clock.advance(10)
    assert yard.reap() == {pod.name: "late"}
    assert yard.living() == set()


def test_a_pod_past_its_deadline_goes_even_if_its_launcher_lives(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder)
    assert folder.hold()
    yard.fake.faults.plan("pod_key_refused", None)
    yard.clock.advance(2 * HOUR + LATE + 5)
    assert yard.reap() == {pod.name: "late"}
    folder.let_go()


def test_a_fleet_of_another_computer_of_this_user_is_left_alone_but_for_its_deadline(yard: Yard) -> None:
    yard.order("tinker-0000000f-1", "tinker-0000000f")
    assert yard.reap() == {"tinker-0000000f-1": "elsewhere"}
    assert yard.living() == {"tinker-0000000f-1"}
    yard.fake.faults.plan("pod_key_refused", None)
    yard.clock.advance(3 * HOUR)
    assert yard.reap() == {"tinker-0000000f-1": "late"}
    assert yard.living() == set()


def test_all_mine_takes_those_at_work_too_and_nobody_elses(yard: Yard) -> None:
    alive, detached = yard.fleet(), yard.fleet()
    mine = {yard.pod(alive).name, yard.pod(detached).name, yard.order("tinker-0000000f-1", "tinker-0000000f").name}
    Ledger(detached.ledger).write("detached")
    assert alive.hold()
    theirs = yard.order("tinker-0000000e-1", "tinker-0000000e", owner="ffffffffffffffff").name
    named_otherwise = yard.order("mine-by-mark-only", "tinker-0000000d").name
    assert set(yard.reap(everything=True)) == mine
    assert yard.living() == {theirs, named_otherwise}
    alive.let_go()


def test_a_pod_without_a_readable_deadline_is_judged_by_its_launcher(yard: Yard) -> None:
    env = {OWNER: yard.state.owner(), FLEET: "tinker-0000000f", DEADLINE: "tomorrow"}
    yard.api.create_pod(PodOrder("tinker-0000000f-1", "i", "NVIDIA L4", 1, "SECURE", 40, env, ("sleep", "1")))
    yard.clock.advance(100 * HOUR)
    assert yard.reap() == {"tinker-0000000f-1": "elsewhere"}


@pytest.mark.parametrize("error", [UserError("no route"), OSError("disk full"), KeyError("a mistake of ours")])
def test_a_rescue_that_fails_keeps_no_pod(yard: Yard, error: Exception) -> None:
    def rescue(found: Found) -> None:
        raise error

    yard.pod(yard.fleet())
    yard.reap(rescue=rescue)
    assert yard.living() == set()
    assert any("cannot be brought home" in line for line in yard.said)


def test_what_a_pod_has_is_brought_home_before_it_goes_and_only_then(yard: Yard) -> None:
    orphan, alive = yard.fleet(), yard.fleet()
    doomed, _ = yard.pod(orphan), yard.pod(alive)
    assert alive.hold()
    rescued: list[tuple[str, bool]] = []
    yard.reap(rescue=lambda found: rescued.append((found.mine.pod.name, found.mine.pod.name in yard.living())))
    assert rescued == [(doomed.name, True)]
    alive.let_go()


@pytest.mark.parametrize("error", [None, Unreachable("no route")])
def test_of_a_run_that_lost_its_launcher_the_head_is_asked_for_results(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    folder = yard.fleet()
    head = yard.pod(folder, 1)
    yard.pod(folder, 2)
    Ledger(folder.ledger).write("submitted", number=1)
    done: list[str] = []

    class Head:
        def __init__(self, pod: Pod) -> None:
            self.name = pod.name

        def fetch(self, say: Say) -> int:
            done.append(f"fetch {self.name}")
            if error is not None:
                raise error
            return 7

        def close(self) -> None:
            done.append(f"close {self.name}")

    monkeypatch.setattr("tinker.cloud.reach.ways.fleet_reach", lambda folder, account: lambda pod, ssh: Head(pod))
    yard.clock.advance(60)
    assert yard.reap_now()
    assert done == [f"fetch {head.name}", f"close {head.name}"]
    said = "7 results brought home" if error is None else "its results cannot be brought home: no route"
    assert f"{head.name}: {said}" in yard.said
    assert yard.living() == set()


def test_a_ledger_that_cannot_be_written_keeps_no_pod(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.pod(yard.fleet())
    yard.pod(yard.fleet(), noted=False)

    def write(ledger: Ledger, kind: str, **facts: object) -> None:
        raise UserError(f"{ledger.path}: No space left on device")

    monkeypatch.setattr(Ledger, "write", write)
    yard.reap()
    assert yard.living() == set()
    assert "No space left" in yard.said[0]


def test_a_ledger_that_is_damaged_is_said_and_hides_no_other_orphan(yard: Yard) -> None:
    bad, good = yard.fleet(), yard.fleet()
    pods = {yard.pod(bad).name: "unreadable", yard.pod(good).name: "orphan"}
    bad.ledger.write_text('{"kind":"intent","name":"a"}\n')
    assert yard.reap() == pods
    assert yard.living() == {f"{bad.name}-1"}  # its run may go on; it has its deadline
    yard.reap_now()
    assert any(f"{bad.name}-1" in line and "damaged" in line for line in yard.said)
    yard.fake.faults.plan("pod_key_refused", None)
    yard.clock.advance(3 * HOUR)
    assert yard.reap() == {f"{bad.name}-1": "late"}
    assert yard.living() == set()


def test_a_deletion_that_fails_is_tried_again(yard: Yard) -> None:
    yard.pod(yard.fleet())
    for fault in ("delete_fails", "terminate_fails"):
        yard.fake.faults.plan(fault, 7)
    yard.reap()
    assert yard.living() == set()
    assert any("is not deleted yet" in line for line in yard.said)


def test_a_deletion_that_never_works_is_said_loudly(yard: Yard) -> None:
    pod = yard.pod(yard.fleet())
    for fault in ("delete_fails", "terminate_fails"):
        yard.fake.faults.plan(fault, None)
    assert not yard.reap_now()
    assert f"WARNING: {pod.name} could not be deleted and goes on costing" in yard.said[-1]
    for fault in ("delete_fails", "terminate_fails"):
        yard.fake.faults.clear(fault)
    assert yard.reap_now()
    assert yard.living() == set()


def test_a_list_that_cannot_be_had_is_an_error_and_never_no_pods(yard: Yard) -> None:
    folder = yard.fleet()
    yard.pod(folder)
    yard.silent = True
    for ask in (look, settle):
        with pytest.raises(Unavailable):
            ask(yard.api, yard.state)
    with pytest.raises(Unavailable):
        yard.reap_now()
    assert yard.said == []
    assert len(Ledger(folder.ledger).account.open) == 1


def test_a_pod_whose_launcher_died_a_moment_ago_is_waited_for(yard: Yard) -> None:
    yard.fake.faults.plan("lag", value=60)
    pod = yard.pod(yard.fleet(), noted=False)
    assert yard.reap_now(quiet=True)
    assert any(line.startswith(f"deleted {pod.name}") for line in yard.said)
    assert yard.living() == set()


def test_reaping_says_what_it_leaves_alone_and_how_to_end_that_too(yard: Yard) -> None:
    folder = yard.fleet()
    pod = yard.pod(folder)
    Ledger(folder.ledger).write("detached")
    assert yard.reap_now()
    assert yard.said[0].startswith(f"left alone: {pod.name} ({pod.id}, 1 x NVIDIA L4, $0.43 an hour)")
    assert "--all-mine" in yard.said[1]
    assert yard.reap_now(everything=True)
    assert any(line.startswith(f"deleted {pod.name}") for line in yard.said)
    assert yard.reap_now()
    assert yard.said == ["no pods of yours"]
    assert yard.reap_now(quiet=True)
    assert yard.said == []
