"""The commit and the changes that a row was made from."""

from __future__ import annotations

import os
import subprocess

import pytest

from tinker.provenance.git import DIFF_LIMIT, git_state


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for key in [key for key in os.environ if key.startswith("GIT_")]:
        monkeypatch.delenv(key)
    package = tmp_path / "tinker"
    package.mkdir()
    (package / "__init__.py").write_text("X = 1\n")
    (tmp_path / "data.csv").write_text("1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    return tmp_path


def git(folder, *arguments):
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def state(repository):
    return git_state.__wrapped__(repository / "tinker")


def test_a_clean_commit_is_named(repository):
    git(repository, "commit", "-qm", "first")
    commit = git(repository, "rev-parse", "HEAD")
    assert state(repository) == {"commit": commit, "diff": "", "diff_cut": False, "untracked": []}


def test_changes_of_code_are_recorded_and_those_of_data_are_not(repository):
    git(repository, "commit", "-qm", "first")
    (repository / "tinker" / "__init__.py").write_text("X = 2\n")
    (repository / "grid.yaml").write_text("control: baseline\n")
    git(repository, "add", "grid.yaml")
    (repository / "data.csv").write_text("2\n")
    (repository / "tinker" / "new.py").write_text("Y = 1\n")
    found = state(repository)
    assert "-X = 1\n+X = 2" in found["diff"]
    assert "+control: baseline" in found["diff"]
    assert "data.csv" not in found["diff"]
    assert found["untracked"] == ["tinker/new.py"]


def test_a_long_diff_is_cut_and_says_so(repository):
    git(repository, "commit", "-qm", "first")
    (repository / "tinker" / "__init__.py").write_text("X = 2\n" * DIFF_LIMIT)
    found = state(repository)
    assert (len(found["diff"]), found["diff_cut"]) == (DIFF_LIMIT, True)


def test_there_is_none_without_a_commit(repository):
    assert state(repository) is None


def test_there_is_none_for_a_package_that_lies_in_somebody_elses_repository(repository):
    git(repository, "commit", "-qm", "first")
    installed = repository / "venv" / "tinker"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert git_state.__wrapped__(installed) is None


def test_there_is_none_without_a_repository(tmp_path):
    assert git_state.__wrapped__(tmp_path) is None
