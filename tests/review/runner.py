"""A machine that runs the workflow's steps: a real repository, and a `gh` that writes down what it is asked."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.review.made_up import Tables

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github" / "workflows" / "review.yml"
INSTALL, JUDGE, PUBLISH, GREEN = (
    "Install the tinker of the base branch",
    "Judge the grids whose tables changed",
    "Comment and set the statuses",
    "Green only if every arm of every grid is accepted",
)
GH = """#!/usr/bin/env bash
[[ -z $GH_FAILS ]] || exit 1
printf '%s\\n' "$@" -- >> "$GH_LOG"
for argument in "$@"; do
  [[ $argument == body=@* ]] && cp "${argument#body=@}" "$GH_LOG.body"
done
[[ $* == *--paginate* ]] && printf '%s' "$GH_COMMENT"
exit 0
"""


def workflow() -> dict[str, Any]:
    """YAML reads the key `on` as true."""
    return dict(yaml.safe_load(FILE.read_text()))


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for job in workflow()["jobs"].values() for step in job["steps"] if "name" in step}


@dataclass
class Runner:
    """A machine with the repository checked out at the merge of a pull request."""

    home: Path

    @property
    def repository(self) -> Path:
        return self.home / "repository"

    def run(self, step: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A step as GitHub runs it."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps()[step]["run"]],
            cwd=self.repository,
            env={
                **os.environ, "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.home),
                "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"), "GITHUB_REPOSITORY": "me/mine",
                "GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7", "GH_LOG": str(self.home / "gh.log"),
                "GH_FAILS": "", "GH_COMMENT": "", "NUMBER": "12", "SHA": "5ha", "LC_ALL": "C.UTF-8", **environment,
            },
            text=True,
            capture_output=True,
        )  # fmt: skip

    def git(self, *arguments: str) -> bytes:
        identity = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *arguments], cwd=self.repository, check=True, capture_output=True)
        return done.stdout

    def calls(self) -> list[list[str]]:
        """The arguments of each call of gh, emptied by asking."""
        log = self.home / "gh.log"
        text = log.read_text() if log.exists() else ""
        log.unlink(missing_ok=True)
        return [call.splitlines() for call in text.split("--\n")[:-1]]

    def comment(self) -> str:
        return (self.home / "gh.log.body").read_text()


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def merge(runner: Runner) -> None:
    """What is checked out for a pull request."""
    runner.git("add", "-A")
    runner.git("commit", "-q", "--allow-empty", "-m", "results")
    runner.git("checkout", "-q", "main")
    runner.git("merge", "-q", "--no-ff", "-m", "merge", "change")


def statuses(calls: list[list[str]]) -> dict[str, str]:
    """State by context."""
    found = [dict(part.split("=", 1) for part in call if "=" in part) for call in calls if "statuses" in call[1]]
    assert all(one["target_url"] == "https://github.com/me/mine/actions/runs/7" for one in found)
    assert all(len(one["description"]) <= 140 for one in found)
    return {one["context"]: one["state"] for one in found}


def judged(runner: Runner, codes: Mapping[str, int | str], size: int = 100) -> None:
    """What the first step leaves, without running it: names and exit codes, and texts of that size."""
    out = runner.home / "review"
    out.mkdir()
    for number, (name, code) in enumerate(codes.items(), 1):
        (out / f"{number}.name").write_text(name)
        (out / f"{number}.code").write_text(str(code))
        (out / f"{number}.check.md").write_text(f"check of {name}\n")
        (out / f"{number}.report.md").write_text("\N{LATIN SMALL LETTER E WITH ACUTE}" * size + f"\nreport of {name}\n")
    (out / "count").write_text(str(len(codes)))


def machine(home: Path) -> Runner:
    """A base branch with old results, and the tools; nothing merged yet."""
    made = Runner(home)
    made.repository.mkdir()
    (home / "bin").mkdir()
    executable(home / "bin" / "gh", GH)
    call = "from tinker.cli.main import main; main()"
    tinker = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {sys.executable} -c "{call}" "$@"\n'
    (home / "base" / ".venv" / "bin").mkdir(parents=True)
    executable(home / "base" / ".venv" / "bin" / "tinker", tinker)
    Tables().write(made.repository / "results" / "untouched")
    made.git("init", "-q", "-b", "main")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "base")
    made.git("checkout", "-q", "-b", "change")
    return made
