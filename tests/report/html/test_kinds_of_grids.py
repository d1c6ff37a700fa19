"""The page of each kind of grid there may be: several places, imported runs, failures, other rules, other verdicts."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.importing.made_up import import_, runs, write_csv
from tests.report.html.test_page import Page
from tests.tables.made_up import RULE, finish, grid, save
from tinker.report.api import make_report, read_report, render
from tinker.report.html.verdicts import ADVICE
from tinker.tables import schema
from tinker.tables.collect import with_grid
from tinker.tables.names import TRIALS
from tinker.tables.parquet import write
from tinker.tables.trial_row import planned_rows

NOISE = (-0.002, -0.001, 0.0, 0.001, 0.002)
HOSTILE = "</style></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}{% raw %}"


def _page(folder: Path, means: dict[str, float], seeds: int = 5, **changes: Any) -> str:
    save(folder, grid(dict.fromkeys(means, range(seeds)), **changes))
    for arm, mean in means.items():
        for seed in range(seeds):
            finish(folder, arm, seed, val_loss=mean + NOISE[seed % 5])
    return _checked(render(make_report(folder, "made-up"), "html"))


def _checked(text: str) -> str:
    """The page, which is one, and in which nothing of ours is missing and nothing of others is markup."""
    page = Page(text)
    assert (page.open, page.loads, len(page.ids)) == ([], [], len(set(page.ids)))
    assert all({"title", "desc"} <= inside for inside in page.images)
    assert text.count("<script>") == text.count("</script>") == text.count("<style>") == text.count("</style>") == 1
    assert not re.search(
        r"\b(None(?! of these)|nan|undefined)\b", text[text.index("<main>") : text.index('id="glossary"')]
    )
    return text


def _cards(text: str) -> dict[str, str]:
    """What the page says to do with each arm."""
    found = re.findall(r'class="do"><span aria-hidden="true">.*?</span> (.*?)</span> <span class="arm">(.*?)<', text)
    return {arm: do for do, arm in found}


def _rows(content: dict[str, Any], **of_all: Any) -> list[dict[str, Any]]:
    """A finished row for each cell."""
    done = {"status": "done", "environment_class": "here", "attempts": 1, "steps": 100, "val_loss": 1.9}
    empty = dict.fromkeys(schema.trials().names)
    return [empty | planned | done | of_all for planned in planned_rows(content)]


def _read(folder: Path, content: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    folder.mkdir()
    write(folder / TRIALS, with_grid(pa.Table.from_pylist(rows, schema.trials({"val_loss"})), content))
    return _checked(render(read_report(folder), "html"))


def test_two_corpora_and_two_scales_are_sections_of_their_own(tmp_path: Path) -> None:
    content = grid(dict.fromkeys(("baseline-v0", "good"), range(3)))
    places = [("grammar", "cpu"), ("grammar", "cpu-char"), ("text", "cpu")]
    content["cells"] = [
        {**cell, "corpus": corpus, "scale": scale, "trial_id": f"{place}{cell['trial_id']}"}
        for place, (corpus, scale) in enumerate(places)
        for cell in content["cells"]
    ]
    rows = _rows(content)
    for row in rows:
        row["val_loss"] += NOISE[row["seed_init"]] - 0.1 * (row["arm"] == "good" and row["scale"] == "cpu-char")
    text = _read(tmp_path / "tables", content, rows)
    assert re.findall(r"<h2>(.*, scale .*)</h2>", text) == [f"{corpus}, scale {scale}" for corpus, scale in places]
    assert text.count("Keep</dt><dd>good") == 1
    for row in rows:
        assert text.count(f"tinker replay {row['trial_id']}<") == 1


def test_imported_runs_say_where_they_were_made_and_offer_no_replay(tmp_path: Path) -> None:
    folder = import_(write_csv(tmp_path / "runs.csv", runs()), results=tmp_path / "results")
    text = _checked(render(make_report(tmp_path / "results", "there"), "html"))
    assert _checked(render(read_report(folder), "html")) == text
    assert "imported from " in text
    assert text.count("made elsewhere: ") == 15
    assert "tinker replay " not in text[: text.index('id="glossary"')]
    assert "tinker run " not in text


def test_what_the_user_or_a_crash_wrote_is_text(tmp_path: Path) -> None:
    arm = f"arm {HOSTILE}"
    content = grid({"baseline-v0": range(3), arm: range(3)}, name=HOSTILE, question=HOSTILE, hypothesis=HOSTILE,
                   skipped=[HOSTILE], pretrained=HOSTILE)  # fmt: skip
    content["source"] = {"file": f"{HOSTILE}.yaml", "overrides": [HOSTILE]}
    content["rule_history"] = [{**content["rule_history"][0], "time": HOSTILE, "results_existed": True}]
    texts = ("cause", "device", "torch", "precision", "git_commit", "code_fingerprint", "source", "start_digest")
    rows = _rows(content, **dict.fromkeys(texts, HOSTILE), environment_class=HOSTILE)
    for row in rows:
        row |= {"status": "failed", "val_loss": None} if row["arm"] == arm and row["seed_init"] else {}
    text = _read(tmp_path / "tables", content, rows)
    assert "<img" not in text
    assert "{{ 7 * 7 }}{% raw %}" in text
    assert text.count(str(escape("<script>alert(1)</script>", quote=False))) > 20


def test_a_cause_is_shown_whole_and_a_page_of_causes_is_still_a_page(tmp_path: Path) -> None:
    content = grid(dict.fromkeys(("baseline-v0", "broken"), range(4)))
    rows = _rows(content, status="failed", val_loss=None, cause="out of memory at <layer 7>\n" * 3)
    assert "out of memory at &lt;layer 7&gt;" in _read(tmp_path / "few", content, rows)
    for row in rows:
        row["cause"] = "x" * 1_000_000
    assert len(_read(tmp_path / "long", content, rows)) < 400_000


def test_where_higher_is_better_the_axis_says_so(tmp_path: Path) -> None:
    means = {"baseline-v0": 1.9, "more": 2.0, "less": 1.8}
    text = _page(tmp_path, means, decide=RULE | {"direction": "higher"})
    assert "\N{LEFTWARDS ARROW} worse<" in text
    assert "better \N{RIGHTWARDS ARROW}<" in text
    assert "higher is better" in text
    assert (_cards(text)["more"], _cards(text)["less"]) == (ADVICE["better"].do, ADVICE["worse"].do)
    lower = _page(tmp_path / "lower", means)
    assert "\N{LEFTWARDS ARROW} better<" in lower
    assert "worse \N{RIGHTWARDS ARROW}<" in lower


@pytest.mark.parametrize("looks", ["anytime", [3, 5]])
def test_a_grid_with_looks_is_a_page(tmp_path: Path, looks: object) -> None:
    text = _page(tmp_path, {"baseline-v0": 1.9, "good": 1.8, "same": 1.9}, decide=RULE | {"looks": looks})
    assert _cards(text)["good"] == ADVICE["better"].do
    if looks == "anytime":
        assert ">e-value<" in text


@pytest.mark.parametrize(
    ("verdict", "loss", "seeds", "changes"),
    [
        ("not worse", 1.894, 5, {"decide": RULE | {"min_effect": 0.008, "alpha": 1e-4}}),
        ("cannot reach alpha", 1.8, 3, {"decide": RULE | {"test": "permutation"}}),
        ("exploratory", 1.8, 5, {"rule_history": [
            {"hash": "abc", "decide": RULE, "time": "2026-01-01", "results_existed": True}]}),
    ],
)  # fmt: skip
def test_every_other_verdict_has_its_card_and_its_word_in_the_table(
    verdict: str, loss: float, seeds: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    text = _page(tmp_path, {"baseline-v0": 1.9, "other": loss}, seeds, **changes)
    assert _cards(text) == {"other": ADVICE[verdict].do}  # type: ignore[index]
    assert ADVICE[verdict].meaning in text  # type: ignore[index]
    assert re.search(rf'class="verdict {ADVICE[verdict].kind}"[^>]*><span[^>]*>[^<]*</span> {verdict}<', text)  # type: ignore[index]
