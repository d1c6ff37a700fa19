"""The workflow for pull requests, its steps run as a runner would: a real repository, and a `gh` that writes down."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.review.made_up import Tables
from tests.review.runner import (
    GREEN,
    INSTALL,
    JUDGE,
    PUBLISH,
    Runner,
    judged,
    machine,
    merge,
    statuses,
    steps,
    workflow,
)

#: What a name may do to a script that does not quote it.
NASTY = "a $(touch pwned) `touch pwned`;'\"${x} @someone #1 <b>"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return machine(tmp_path)


def test_the_file_asks_for_no_more_rights_than_it_uses() -> None:
    content = workflow()
    assert content[True] == {"pull_request": {"paths": ["results/**"]}}
    assert content["permissions"] == {}
    judge, post = (content["jobs"][name] for name in ("judge", "post"))
    assert judge["permissions"] == {"contents": "read"}
    assert post["permissions"] == {"pull-requests": "write", "statuses": "write"}
    assert judge["steps"][0]["with"] == {"fetch-depth": 2, "persist-credentials": False}


def test_the_job_that_may_write_never_has_the_files_of_the_pull_request() -> None:
    content = workflow()["jobs"]
    assert (content["post"]["needs"], content["post"]["if"]) == ("judge", "${{ !cancelled() }}")
    assert [step.get("uses") for step in content["post"]["steps"]] == ["actions/download-artifact@v4", None]
    used = [step.get("uses") for step in content["judge"]["steps"]]
    assert used == ["actions/checkout@v4", "actions/setup-python@v5", None, None, "actions/upload-artifact@v4", None]
    there = [step["with"] for job in content.values() for step in job["steps"] if "artifact" in step.get("uses", "")]
    assert [(one["name"], one["path"]) for one in there] == [("review", "${{ runner.temp }}/review")] * 2


def test_what_judges_is_installed_from_the_base(runner: Runner, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "base")
    runner.git("checkout", "-q", "main")
    (runner.repository / "Makefile").write_text("install:\n\techo base > installed\n")
    runner.git("add", "-A")
    runner.git("commit", "-q", "-m", "base")
    runner.git("checkout", "-q", "-B", "change")
    (runner.repository / "Makefile").write_text("install:\n\techo change > installed\n")
    merge(runner)
    done = runner.run(INSTALL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "base" / "installed").read_text() == "base\n"
    assert not (runner.repository / "installed").exists()


def test_no_expression_stands_in_a_script() -> None:
    scripts = [step["run"] for step in steps().values()]
    assert len(scripts) == 4
    assert not any("${{" in script for script in scripts)
    with_token = [name for name, step in steps().items() if "GH_TOKEN" in step.get("env", {})]
    assert with_token == [PUBLISH]


def test_changed_grids_are_judged_reported_and_posted(runner: Runner) -> None:
    good = Tables()
    good.keep("good")
    good.grid["name"] = "fine"
    folder = good.write(runner.repository / "results" / "fine")
    (folder / "grid.json").write_text(json.dumps(good.grid))
    bad = Tables()
    bad.of("good")[0]["status"] = "failed"
    bad.grid["question"] = NASTY
    bad.write(runner.repository / "results" / "deep" / NASTY)
    (runner.repository / "results" / "torn").mkdir()
    (runner.repository / "results" / "torn" / "trials.parquet").write_text("@someone")
    (runner.repository / "results" / "README.md").write_text("no tables here")
    merge(runner)
    done = runner.run(JUDGE)
    assert (done.returncode, done.stdout) == (0, "3 parts judged\n"), done.stderr
    assert not runner.git("status", "--porcelain"), "nothing is written into the results"
    posted = runner.run(PUBLISH)
    assert (posted.returncode, posted.stdout) == (0, ""), posted.stderr
    calls = runner.calls()
    assert calls[1][:2] == ["api", "repos/me/mine/issues/12/comments"]
    assert statuses(calls) == {
        "tinker check: fine": "success",
        f"tinker check: deep/{NASTY}": "failure",
        "tinker check: torn": "failure",
    }
    text = runner.comment()
    assert text.startswith("<!-- tinker-review -->\n")
    assert re.search(r"^## Review of fine: accept$", text, re.MULTILINE)
    assert re.search(r"^## Review of made-up: invalid$", text, re.MULTILINE)
    assert re.search(r"^    tinker: results/torn/trials.parquet is not a Parquet file", text, re.MULTILINE)
    assert (
        len(re.findall(r"^### .*\n\n.* against the control", text, re.MULTILINE)) == 2
    )  # the reports: one has no grid.json
    # A name may stand as it is in an indented block only.
    assert not [line for line in text.splitlines() if re.search(r"(?<!\\)@someone", line) and line[:4] != "    "]
    assert "## Review of fine: accept" in (runner.home / "summary.md").read_text()
    assert not list(runner.home.rglob("pwned"))
    assert runner.run(GREEN).returncode == 1


def test_a_push_after_the_first_updates_the_comment(runner: Runner) -> None:
    judged(runner, {"a": 0})
    runner.run(PUBLISH, GH_COMMENT="41\n42\n")
    calls = runner.calls()
    assert calls[0][:3] == ["api", "--paginate", "repos/me/mine/issues/12/comments"]
    assert (
        'select(.user.login == "github-actions[bot]" and (.body | startswith("<!-- tinker-review -->")))' in calls[0][4]
    )
    assert calls[1][:4] == ["api", "--method", "PATCH", "repos/me/mine/issues/comments/41"]
    assert runner.run(GREEN).returncode == 0


def test_each_judgement_has_its_state(runner: Runner) -> None:
    judged(runner, {"yes": 0, "no": 1, "open": 2, "invalid": 3, "broken": 4, "new\nline": 0, "r": "new"})
    assert runner.run(PUBLISH).returncode == 0
    assert statuses(runner.calls()) == {
        "tinker check: yes": "success", "tinker check: no": "failure", "tinker check: open": "pending",
        "tinker check: invalid": "failure", "tinker check: broken": "failure", "tinker check: new?line": "success",
        "tinker check: r": "success",
    }  # fmt: skip


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_the_run_is_green_only_if_all_is_accepted(runner: Runner, code: int) -> None:
    judged(runner, {"yes": 0, "other": code})
    assert runner.run(GREEN).returncode == 1


def test_without_the_right_to_write_there_are_warnings_and_the_run_goes_on(runner: Runner) -> None:
    judged(runner, {"a": 0})
    done = runner.run(PUBLISH, GH_FAILS="yes")
    assert done.returncode == 0
    assert [line.partition(" (")[0] for line in done.stdout.splitlines()] == [
        "::warning::no comment could be written", "::warning::no status could be set",
    ]  # fmt: skip


def test_a_comment_holds_all_judgements_and_the_reports_that_fit(runner: Runner) -> None:
    judged(runner, {"a": 0, "b": 0, "c": 0}, size=30_000)
    runner.run(PUBLISH)
    text = runner.comment()
    assert len(text) <= 65_000
    assert [f"check of {name}" in text for name in "abc"] == [True, True, True]
    assert [f"report of {name}" in text for name in "abc"] == [True, True, False]
    assert "Too long for here: 1 parts are in [the run]" in text.splitlines()[-1]


def test_without_a_changed_grid_nothing_is_posted_and_the_run_is_green(runner: Runner) -> None:
    (runner.repository / "results" / "README.md").write_text("changed")
    merge(runner)
    assert runner.run(JUDGE).stdout == "0 parts judged\n"
    assert runner.run(PUBLISH).returncode == 0
    assert (runner.calls(), runner.run(GREEN).returncode) == ([], 0)


def test_a_checkout_without_the_base_is_an_error_and_not_an_empty_list(runner: Runner) -> None:
    runner.git("checkout", "-q", "main")
    assert runner.run(JUDGE).returncode != 0
