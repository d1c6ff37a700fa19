"""The workflow for pull requests: what is taken out of the results, moved, or belongs to no tables is seen too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.review.made_up import Tables
from tests.review.runner import GREEN, JUDGE, PUBLISH, Runner, machine, merge, statuses

RECORD = "results/record/cpu"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """With a frozen record and a grid on the base branch, and a tinker that accepts all that is Parquet."""
    made = machine(tmp_path)
    tool = made.home / "base" / ".venv" / "bin" / "tinker"
    tool.write_text(
        '#!/bin/sh\n[ $1 = report ] || [ "$(head -c 4 "$5/trials.parquet")" = PAR1 ] && echo done || exit 4\n'
    )
    made.git("checkout", "-q", "main")
    record = made.repository / RECORD
    (record / "trials" / "0123").mkdir(parents=True)
    (record / "record.json").write_text("{}")
    (record / "trials" / "0123" / "result.json").write_text("{}")
    (made.repository / "results" / "untouched" / "grid.json").write_text("{}")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "record")
    made.git("checkout", "-q", "-B", "change")
    return made


def _remove(*names: str) -> Callable[[Path], object]:
    return lambda root: [(root / name).unlink() for name in names]


def _put(name: str, text: str = "x") -> Callable[[Path], object]:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


def _all(*changes: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [change(root) for change in changes]


UNTOUCHED = "results/untouched"
SEEN: dict[str, tuple[Callable[[Path], object], dict[str, str], str]] = {
    "tables taken out": (
        _remove(f"{UNTOUCHED}/trials.parquet"), {"untouched: files taken out": "failure"}, "Evidence that was",
    ),
    "a whole folder taken out": (
        _remove(*(f"{UNTOUCHED}/{n}" for n in ("trials.parquet", "comparisons.parquet", "looks.parquet", "grid.json"))),
        {"untouched: files taken out": "failure"},
        "Evidence that was taken out",
    ),
    "a record file changed": (
        _put(f"{RECORD}/trials/0123/result.json"), {"record/cpu": "failure"}, "A frozen record that was changed",
    ),
    "a record file taken out": (
        _remove(f"{RECORD}/trials/0123/result.json"), {"record/cpu": "failure"}, "A frozen record that was changed",
    ),
    "a record taken out": (_remove(f"{RECORD}/record.json"), {"record/cpu": "failure"}, "A frozen record that was"),
    "a changed record beside which tables are put": (
        _all(_put(f"{RECORD}/trials/0123/result.json"), _put(f"{RECORD}/trials/0123/trials.parquet")),
        {"record/cpu": "failure", "record/cpu/trials/0123": "failure"},
        "A frozen record that was changed",
    ),
    "a record put beside tables": (
        _all(_put(f"{UNTOUCHED}/record.json"), _put(f"{UNTOUCHED}/trials.parquet")),
        {"untouched": "failure"},
        "A grid that cannot be judged",
    ),
    "a new record": (_put("results/more/cpu/record.json"), {"more/cpu": "success"}, "A new frozen record"),
    "a file of no tables": (_put("results/more/notes.txt"), {"more/notes.txt": "failure"}, "belongs to no tables"),
    "a grid.json taken out beside its tables": (
        _remove(f"{UNTOUCHED}/grid.json"), {"untouched: files taken out": "failure"}, "Evidence that was taken out",
    ),
    "a link": (
        lambda root: (root / "results" / "l").symlink_to("untouched"), {"l": "failure"}, "A link among the results",
    ),
    "a README": (_put("results/more/README.md"), {}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_what_is_not_judged_is_said_and_makes_the_run_red(name: str, runner: Runner) -> None:
    change, states, said = SEEN[name]
    change(runner.repository)
    merge(runner)
    done = runner.run(JUDGE)
    assert done.returncode == 0, done.stderr
    assert runner.run(PUBLISH).returncode == 0
    found = statuses(runner.calls())
    kept = {f"tinker check: {context}": state for context, state in states.items()}
    assert {context: state for context, state in found.items() if state != "success" or context in kept} == kept
    assert runner.run(GREEN).returncode == int("failure" in states.values())
    if said:
        assert said in runner.comment()
        assert said in (runner.home / "summary.md").read_text()


def test_tables_that_were_moved_are_taken_out_and_new(runner: Runner) -> None:
    runner.git("mv", UNTOUCHED, "results/moved")
    merge(runner)
    assert runner.run(JUDGE).stdout == "2 parts judged\n"
    assert runner.run(PUBLISH).returncode == 0
    found = statuses(runner.calls())
    assert found["tinker check: untouched: files taken out"] == "failure"
    assert "tinker check: moved" in found
    assert runner.run(GREEN).returncode == 1


def test_a_summary_that_is_full_says_where_the_rest_is(runner: Runner) -> None:
    Tables().write(runner.repository / "results" / "more")
    merge(runner)
    (runner.home / "summary.md").write_text("x" * 899_999)
    done = runner.run(JUDGE)
    assert done.returncode == 0, done.stderr
    text = (runner.home / "summary.md").read_text()
    assert len(text.encode()) < 1_000_000
    assert text.splitlines()[-1] == "Too long for here: 1 parts are in the artifact `review` of this run only."


def test_a_count_that_is_no_number_reaches_no_arithmetic(runner: Runner) -> None:
    (runner.home / "review").mkdir()
    (runner.home / "review" / "count").write_text("a[$(touch pwned)]")
    assert runner.run(PUBLISH).returncode == 1
    assert not list(runner.home.rglob("pwned"))
