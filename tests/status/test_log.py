"""The log of a trial, in whatever state it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.status.conftest import take_up
from tests.tables import made_up
from tinker.errors import UserError
from tinker.status import log
from tinker.store.lease import Leases
from tinker.store.presence import Presence
from tinker.store.store import Store


def _told(results: Path, trial: str, **options: bool) -> tuple[str, str]:
    """The log, and what is said beside it."""
    out: list[str] = []
    beside: list[str] = []
    log.tell_log(trial, results, out.append, beside.append, **options)
    return "".join(out), "\n".join(beside)


def test_a_failed_trial_has_its_story_and_its_cause(results: Path) -> None:
    trial = made_up.spec("base", 2).id
    text, beside = _told(results, trial[:10])
    assert "failed: out of memory: 3 GB\nTraceback: the whole story\n" in text
    assert beside.startswith(f"base seed 2 of made-up ({trial}): failed, attempts: 1, cause of the last: out of memory")
    assert "log.txt:" in beside


def test_a_trial_without_a_log_says_so_and_how_it_stands(results: Path) -> None:
    text, beside = _told(results, made_up.spec("base", 1).id)
    assert text == ""
    assert "done, attempts: 1\nit has no log" in beside
    with Presence(results) as presence:
        take_up(results, presence, "wide", 3)
        assert "running, at step 40 of 100, attempt 1" in _told(results, made_up.spec("wide", 3).id)[1]


def test_an_id_must_be_of_one_trial(results: Path) -> None:
    with pytest.raises(UserError, match=r"no trial in .* begins with 'xyz'"):
        _told(results, "xyz")
    with pytest.raises(UserError, match="is the beginning of 3 ids"):
        _told(results, "")


def test_it_is_followed_until_the_trial_ends(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    with Presence(results) as presence:
        folder = take_up(results, presence, "wide", 3)
        folder.log.write_text("one\n")

        def sleep(seconds: float) -> None:
            nonlocal looks
            looks += 1
            if looks == 2:
                folder.log.write_text("one\ntwo\n")
            if looks == 4:
                made_up.finish(results, "wide", 3, val_loss=2.0)

        monkeypatch.setattr(log.time, "sleep", sleep)
        text, beside = _told(results, folder.trial_id, follow=True)
    assert text == "one\ntwo\n"
    assert looks == 4
    assert beside.endswith(": done, attempts: 2")


def test_a_second_attempt_is_waited_for_but_not_for_ever(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0.0], 0
    with Presence(results) as presence:
        folder = take_up(results, presence, "wide", 3)

        def sleep(seconds: float) -> None:
            nonlocal looks
            looks += 1
            now[0] += 1.0
            if looks in (2, 6):
                Leases(results, presence).drop(folder)
                Store(results).fail(made_up.spec("wide", 3), made_up.HERE, "crash", f"attempt {looks}")
            if looks == 4:
                take_up(results, presence, "wide", 3)

        monkeypatch.setattr(log.time, "sleep", sleep)
        monkeypatch.setattr(log.time, "monotonic", lambda: now[0])
        text, beside = _told(results, folder.trial_id, follow=True)
    assert "attempt 2" in text
    assert "attempt 6" in text
    assert beside.endswith("failed, attempts: 2, cause of the last: crash")
    assert looks < 6 + 2 * log.BETWEEN
