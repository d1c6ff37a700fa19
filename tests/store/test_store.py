"""What one process sees of its store."""

from __future__ import annotations

import json
import math
import os

import pytest

from tinker.errors import UserError
from tinker.store.layout import Layout
from tinker.store.store import Store

CLASS = "cpu-x-torch2.13-t1-abcdef"


def test_a_committed_trial_reads_back_whole(store, spec):
    result = {
        "status": "done",
        "steps": 2,
        "metrics": {"val_loss": 1.5},
        "curve": ["left out"],
        "code": {"left": "out"},
    }
    curve = [{"step": 1, "metric": "val_loss", "value": 2.5}, {"step": 2, "metric": "val_loss", "value": 1.5}]
    code = {"fingerprint": "0123", "modules": {"model": "45"}}
    store.begin(spec(1), CLASS, "me")
    assert store.commit(spec(1), CLASS, result, curve, {"torch": "2.13"}, code)

    trial = store.get(spec(1).id, CLASS)
    assert (trial.trial_id, trial.environment_class, trial.spec) == (spec(1).id, CLASS, spec(1))
    assert trial.curve().to_pylist() == curve
    assert (trial.environment(), trial.code(), trial.code_fingerprint) == ({"torch": "2.13"}, code, "0123")
    assert trial.result["metrics"] == {"val_loss": 1.5}
    assert (trial.result["trial_id"], trial.result["seeds"]) == (spec(1).id, {"init": 1, "data": 1})
    assert not {"curve", "code", "environment"} & trial.result.keys()
    assert (trial.status.state, trial.status.attempts, trial.status.owner) == ("done", 1, "me")
    assert trial.status.started <= trial.status.finished


def test_a_second_commit_changes_nothing_and_leaves_nothing(store, spec, commit):
    assert commit(store, 1, 1.0)
    folder = store.folder(spec(1), CLASS).path
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "status.json"}
    assert not commit(store, 1, 2.0)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "status.json"}


def test_values_that_json_lacks_come_back_and_the_file_stays_json(store, spec):
    metrics = {"val_loss": math.nan, "train_loss": math.inf, "excess": -math.inf}
    result = {"status": "diverged", "steps": 3, "metrics": metrics}
    store.commit(
        spec(1), CLASS, result, [{"step": 3, "metric": "val_loss", "value": math.nan}], {}, {"fingerprint": ""}
    )

    trial = store.get(spec(1).id, CLASS)
    assert trial.status.state == "diverged"
    assert math.isnan(trial.result["metrics"]["val_loss"])
    assert (trial.result["metrics"]["train_loss"], trial.result["metrics"]["excess"]) == (math.inf, -math.inf)
    assert math.isnan(trial.curve().to_pylist()[0]["value"])

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    json.loads(trial.folder.result.read_text(), parse_constant=refuse)


def test_an_interrupted_result_cannot_be_committed(store, spec):
    with pytest.raises(ValueError, match="interrupted"):
        store.commit(spec(1), CLASS, {"status": "interrupted"}, [], {}, {"fingerprint": ""})
    assert store.get(spec(1).id, CLASS) is None


def test_attempts_and_causes_are_counted_and_shown(store, spec):
    assert store.begin(spec(1), CLASS, "me").attempts == 1
    store.fail(spec(1), CLASS, "out of memory", "line 1\nline 2\n")
    assert store.begin(spec(1), CLASS, "you").attempts == 2
    store.fail(spec(1), CLASS, "node lost", "line 3")

    (trial,) = store.rows()
    assert (trial.status.state, trial.status.attempts, trial.status.cause) == ("failed", 2, "node lost")
    assert (trial.status.owner, trial.result) == ("you", None)
    log = trial.folder.log.read_text()
    assert "failed: out of memory\nline 1\nline 2\n" in log
    assert log.endswith("failed: node lost\nline 3\n")


def test_the_causes_of_failed_attempts_outlast_a_result(store, spec, commit):
    store.begin(spec(1), CLASS, "me")
    store.fail(spec(1), CLASS, "out of memory: 7 GiB", "", kind="out of memory")
    store.begin(spec(1), CLASS, "me")
    store.release(spec(1), CLASS, "interrupted")
    store.begin(spec(1), CLASS, "me")
    commit(store, 1, 1.0)
    status = store.get(spec(1).id, CLASS).status
    assert (status.state, status.attempts, status.cause) == ("done", 3, None)
    [failure] = status.causes
    assert failure.pop("time").startswith("20")
    assert failure == {"attempt": 1, "kind": "out of memory", "cause": "out of memory: 7 GiB"}


def test_a_released_trial_is_pending_with_its_attempts(store, spec):
    store.begin(spec(1), CLASS, "me")
    store.release(spec(1), CLASS, "interrupted")
    status = store.get(spec(1).id, CLASS).status
    assert (status.state, status.attempts, status.cause) == ("pending", 1, "interrupted")


def test_nothing_outranks_a_result(store, spec, commit):
    commit(store, 1, 1.0)
    assert store.begin(spec(1), CLASS, "late").state == "done"
    assert store.fail(spec(1), CLASS, "late", "too late").state == "done"
    assert store.release(spec(1), CLASS, "late").state == "done"
    store.folder(spec(1), CLASS).status.write_text('{"state": "running"}')  # killed between result and status
    assert store.get(spec(1).id, CLASS).status.state == "done"


def test_a_status_without_its_result_is_pending(store, spec, commit):
    commit(store, 1, 1.0)
    store.folder(spec(1), CLASS).result.unlink()
    assert store.get(spec(1).id, CLASS).status.state == "pending"
    assert store.begin(spec(1), CLASS, "me").state == "running"


def test_rows_are_sorted_and_filtered_and_include_every_state(store, spec, commit):
    commit(store, 1, 1.0)
    store.begin(spec(2), CLASS, "me")
    store.fail(spec(3), "gpu-y", "crash", "")
    commit(store, 4, 1.0)
    rows = list(store.rows())
    assert [row.trial_id for row in rows] == sorted(spec(n).id for n in (1, 2, 3, 4))
    assert {row.trial_id: row.status.state for row in rows} == {
        spec(1).id: "done",
        spec(2).id: "running",
        spec(3).id: "failed",
        spec(4).id: "done",
    }
    assert {row.trial_id for row in store.rows([spec(3).id, spec(4).id, spec(9).id])} == {spec(3).id, spec(4).id}


def test_done_is_per_environment_class(store, spec, commit):
    commit(store, 1, 1.0)
    store.begin(spec(2), CLASS, "me")
    ids = [spec(n).id for n in (1, 2, 3)]
    assert store.done(ids, CLASS) == {spec(1).id}
    assert store.done(ids, "gpu-y") == set()


def test_an_empty_store_is_empty(store, spec):
    assert list(store.rows()) == []
    assert store.done([spec(1).id], CLASS) == set()
    assert store.get(spec(1).id, CLASS) is None
    assert store.heal() == []


def test_the_spec_of_a_torn_file_is_written_again(store, spec):
    store.begin(spec(1), CLASS, "me")
    store.folder(spec(1), CLASS).spec.write_text('{"id": ')
    store.begin(spec(1), CLASS, "me")
    assert store.get(spec(1).id, CLASS).spec == spec(1)


def test_a_record_of_another_format_is_refused_and_not_moved(store, spec, commit, monkeypatch):
    commit(store, 1, 1.0)
    monkeypatch.setattr("tinker.store.sealed.RECORD_VERSION", 2)
    for ask in (lambda: list(store.rows()), store.heal, lambda: commit(store, 1, 2.0)):
        with pytest.raises(UserError, match="format 1"):
            ask()
    assert store.folder(spec(1), CLASS).result.exists()


@pytest.mark.parametrize("name", ["trials", "../x", "a/b", ".hidden", "", "a b"])
def test_a_grid_cannot_take_a_name_that_is_no_folder_of_its_own(tmp_path, name):
    with pytest.raises(UserError, match="grid name"):
        Layout(tmp_path).grid(name)


def test_a_grid_has_its_folder(tmp_path):
    assert Layout(tmp_path).grid("attention_variants") == tmp_path / "attention_variants" / "grid.json"


@pytest.mark.parametrize(("trial_id", "environment"), [("short", CLASS), ("0" * 16, "a/b"), ("0" * 16, "")])
def test_a_folder_that_a_listing_would_miss_is_not_made(tmp_path, trial_id, environment):
    with pytest.raises(ValueError, match="is not"):
        Layout(tmp_path).trial(trial_id, environment)


def test_an_interrupt_just_after_the_fence_keeps_the_record(store, spec, commit, monkeypatch):
    link = os.link

    def interrupted(*arguments):
        link(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commit(store, 1, 1.0)
    monkeypatch.undo()
    assert store.get(spec(1).id, CLASS).curve().num_rows == 20


def test_two_stores_over_one_folder_agree(store, spec, commit):
    other = Store(store.layout.results)
    commit(store, 1, 1.0)
    assert other.done([spec(1).id], CLASS) == {spec(1).id}
    commit(other, 2, 1.0)
    assert store.done([spec(1).id, spec(2).id], CLASS) == {spec(1).id, spec(2).id}
