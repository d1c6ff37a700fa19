"""`train.until` stops a trial before its time, and a longer one goes on from there as if it had never stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.tiny import numbers, spec_of, values
from tinker.config.schema import TrialConfig
from tinker.data.corpus import corpus_of
from tinker.errors import ConfigError
from tinker.schedule.missing import class_of, code_of
from tinker.spec import Seeds, TrialSpec
from tinker.store.layout import Layout, TrialFolder
from tinker.store.store import Store
from tinker.train.probation import probe
from tinker.train.result import TrialResult
from tinker.train.rungs import take_over
from tinker.train.trial import run_trial


def tuned(until: int | None = None, *overrides: str, keep: str = "last") -> TrialSpec:
    """The tiny trial on the tuning split, to that step."""
    config = spec_of(*overrides, f"checkpoint.keep={keep}").config | {"split": "tuning"}
    parsed = TrialConfig.from_dict({**config, "train": {**config["train"], "until": until}})
    return TrialSpec.of(parsed.as_dict(), Seeds(1, 1), corpus_of(parsed).fingerprint)


def folder_of(spec: TrialSpec, results: Path) -> TrialFolder:
    return Layout(results).trial(spec.id, class_of(spec))


def stored(spec: TrialSpec, results: Path) -> TrialResult:
    """Run and recorded, as a worker and a driver would."""
    result = run_trial(spec, folder_of(spec, results).path)
    plain = result.as_dict()
    Store(results).commit(spec, class_of(spec), plain, plain["curve"], plain["environment"], plain["code"])
    return result


def test_it_stops_with_the_schedule_of_the_whole(tmp_path: Path) -> None:
    whole, part = run_trial(tuned(), tmp_path / "whole"), run_trial(tuned(25), tmp_path / "part")
    assert (part.status, part.steps) == ("done", 25)
    assert sorted(values(part, "val_loss")) == [10, 20, 25]
    for metric in ("val_loss", "lr"):
        assert all(values(part, metric)[step] == values(whole, metric)[step] for step in (10, 20))
    assert part.probes.first == whole.probes.first
    assert part.probes.lr == whole.probes.lr
    assert len(part.probes.last) == 10


def test_a_trial_goes_on_from_the_rung_below_and_ends_the_same(tmp_path: Path) -> None:
    results = tmp_path / "results"
    whole = run_trial(tuned(keep="all"), tmp_path / "whole")
    for until, taken in ((10, None), (20, 10), (None, 20)):
        spec = tuned(until, keep="all")
        assert take_over(spec, folder_of(spec, results)) == taken
        last = stored(spec, results)
    assert numbers(last) == numbers(whole)
    kept = {path.name for path in folder_of(tuned(keep="all"), results).checkpoint.iterdir()}
    assert kept == {path.name for path in (tmp_path / "whole" / "checkpoint").iterdir()}


def test_it_starts_from_scratch_where_the_rung_below_left_nothing(tmp_path: Path) -> None:
    results = tmp_path / "results"
    stored(tuned(20, keep="none"), results)
    spec = tuned()
    assert take_over(spec, folder_of(spec, results)) is None
    assert numbers(stored(spec, results)) == numbers(run_trial(tuned(), tmp_path / "alone"))


def test_what_is_not_recorded_is_not_taken_over_and_neither_is_a_rung_of_another_seed(tmp_path: Path) -> None:
    results, spec = tmp_path / "results", tuned()
    run_trial(tuned(20), folder_of(tuned(20), results).path)
    assert take_over(spec, folder_of(spec, results)) is None
    stored(tuned(20), results)
    other = TrialSpec(spec.config_json, Seeds(2, 2), spec.corpus)
    assert take_over(other, folder_of(other, results)) is None
    assert take_over(spec, folder_of(spec, results)) == 20


def test_a_rung_holds_on_probation_like_any_row(tmp_path: Path) -> None:
    spec = tuned(20)
    stored(spec, tmp_path / "results")
    found = probe(spec, folder_of(spec, tmp_path / "results"))
    assert (found["held"], found["how"], found["difference"]) == (True, "ends", None)
    assert found["code"]["fingerprint"] == code_of(spec)


def test_until_the_last_step_is_the_whole_trial() -> None:
    assert spec_of("train.until=40").id == spec_of().id != spec_of("train.until=30").id


def test_until_after_the_last_step_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.until: 50 is more than train\.steps 40"):
        spec_of("train.until=50")
