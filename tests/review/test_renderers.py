"""A review in a terminal, in Markdown and as JSON: the same content, nothing cut, nothing read as markup."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.review.made_up import CONTROL, WORDS, Tables, row
from tests.tables.made_up import spec
from tinker.review import json as as_json
from tinker.review import markdown, terminal
from tinker.review.review import Review

HOSTILE = "a|b </td><script>@someone #1 `x` [l](j) \x1b[2Jred\n## h $(id) {0} [bold]" + "long" * 30


def renamed(tables: Tables, old: str, new: str) -> None:
    for one in [*tables.rows, *tables.grid["cells"]]:
        if one["arm"] == old:
            one["arm"] = new
    for arm in tables.grid["arms"]:
        if arm["name"] == old:
            arm["name"] = new


@pytest.fixture
def hostile(tmp_path: Path) -> Review:
    """Names that are markup, in an arm that fails gates, and in the grid's own texts."""
    tables = Tables()
    tables.of("bad")[0].update(status="failed", cause=HOSTILE)
    renamed(tables, "bad", HOSTILE)
    tables.grid |= {"name": HOSTILE, "question": HOSTILE}
    return tables.review(tmp_path / "tables")


def test_the_terminal_shows_judgements_before_gates_with_their_figures(tmp_path: Path) -> None:
    text = terminal.render(Tables().review(tmp_path))
    places = [text.index(word) for word in ("grid ", "judgement ", "Arms", "good", "Gates", "seed variance")]
    assert places == sorted(places)
    assert "1 accepted, 2 rejected, 1 inconclusive: reject, exit code 1" in text
    assert re.search(r"good +accept +better: 0.04 lower than the control", text)
    assert re.search(r"seed variance +ok +control 0.0832 %, largest arm 0.415 % \(open\) of 1 %", text)
    assert re.search(r"control repeats +ok +seeds 1, 2 end 0.0527 % apart, of 1 %", text)


@pytest.mark.parametrize("color", [False, True])
def test_no_line_is_wider_than_asked_and_no_name_moves_the_cursor(hostile: Review, color: bool) -> None:
    for width in (60, 100):
        text = terminal.render(hostile, width, color)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
        assert max(map(len, plain.splitlines())) <= width
        assert "\x1b[2J" not in text
        assert ("\x1b" in text) == color
        assert "[bold]" in "".join(plain.split())
        assert "\N{HORIZONTAL ELLIPSIS}" not in plain


def test_markdown_escapes_what_it_did_not_write(hostile: Review) -> None:
    text = markdown.render(hostile)
    assert not re.search(r"(?<!\\)[@#`$\[]", text.replace("## Review of", "")), text
    assert not re.search(r"(?<!\\)<(?!br>)", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {4}
    assert text.startswith("## Review of a\\|b ")
    assert text.splitlines()[0].endswith(": invalid")


def test_two_hundred_arms_are_a_comment_that_says_what_it_leaves_out(tmp_path: Path) -> None:
    tables = Tables()
    names = [f"an-arm-with-a-long-name-{number}-{'x' * 300}" for number in range(200)]
    for name in names:
        arm = {**tables.grid["arms"][1], "name": name}
        tables.grid["arms"].append(arm)
        for seed in (1, 2):
            place = {"seed_init": seed, "seed_data": seed, "trial_id": spec(name, seed).id}
            tables.rows.append({**row("good", seed), **place, "arm": name, "status": "failed"})
            tables.grid["cells"].append({**place, "arm": name, "corpus": "grammar", "scale": "cpu"})
    text = markdown.render(tables.review(tmp_path))
    assert len(text) <= 65_000
    assert re.search(r"Too long for here: \d+ rows are left out; `tinker check` prints them all\.$", text)


def test_long_texts_are_cut_and_say_so(tmp_path: Path) -> None:
    tables = Tables()
    tables.grid |= {"name": "n" * 70_000, "question": "@" * 70_000, "skipped": ["s" * 70_000] * 50}
    for one in tables.of("bad"):
        one.update(status="failed", cause="c" * 70_000)
    text = markdown.render(tables.review(tmp_path))
    assert len(text) <= 65_000
    assert text.splitlines()[0].endswith(" ... (69800 more characters): invalid")
    assert "... (68000 more characters)" in text
    assert "| bad | **invalid** | seeds: bad: seeds 1, 2, 3, 4, 5 failed" in text
    assert "rows are left out" in text


def test_json_has_every_judgement_figure_and_gate(tmp_path: Path) -> None:
    tables = Tables()
    tables.of("same")[0].update(status="diverged", val_loss=float("nan"))
    text = as_json.render(tables.review(tmp_path, "good"))
    content = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert {key: content[key] for key in ("grid", "judgement", "exit_code", "asked", "accept", "max_seed_cv")} == {
        "grid": "made-up", "judgement": "accept", "exit_code": 0, "asked": ["good"], "accept": "better",
        "max_seed_cv": 0.01,
    }  # fmt: skip
    arms = {arm["arm"]: arm for arm in content["arms"]}
    assert {name: arm["judgement"] for name, arm in arms.items()} == {**WORDS, "same": "inconclusive"}
    assert arms["good"]["verdict"] == "better"
    assert arms["good"]["difference"] == pytest.approx(-0.04)
    assert arms["good"]["low"] < -0.04 < arms["good"]["high"]
    assert arms["good"]["reasons"] == [f"better: {arms['good']['reason']}"]
    assert CONTROL not in arms
    assert set(content["gates"][0]) == {"gate", "state", "text", "arms", "place"}
    assert as_json.render(tables.review(tmp_path, "good")) == text


def test_an_arm_without_a_row_has_null_figures(tmp_path: Path) -> None:
    tables = Tables()
    tables.rows = [one for one in tables.rows if one["arm"] != "good"]
    (arm,) = [arm for arm in json.loads(as_json.render(tables.review(tmp_path)))["arms"] if arm["arm"] == "good"]
    assert (arm["judgement"], arm["difference"]) == ("invalid", None)
    assert arm["reasons"] == ["planned trials: good: seeds 1, 2, 3, 4, 5 without a row"]


def test_several_scales_say_which_they_are_about(tmp_path: Path) -> None:
    tables = Tables()
    tables.grid["cells"] += [{**c, "scale": "big", "trial_id": f"b{c['trial_id']}"} for c in tables.grid["cells"]]
    tables.rows += [{**r, "scale": "big", "trial_id": f"b{r['trial_id']}"} for r in tables.rows]
    text = terminal.render(tables.review(tmp_path))
    assert re.search(r"good \(grammar, big\) +accept", text)
    assert "grammar, cpu: all 25 runs ended" in text
