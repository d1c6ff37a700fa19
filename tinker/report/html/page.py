"""One self-contained file: template, style, script and content put together."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tinker.report.analysis import Analysis
from tinker.report.html.glossary import ANCHORS, GLOSSARY
from tinker.report.html.part import part
from tinker.report.html.plots.rows import shortened
from tinker.report.html.provenance import facts
from tinker.report.html.runs import command
from tinker.report.html.tuning import tuning_part
from tinker.report.html.wording import PLUS_MINUS, prose, sentence
from tinker.report.view import Report
from tinker.stats.rule import Rule

ASSETS = Path(__file__).with_name("assets")
#: Arms whose box stands open at the top of the page; further ones are folded away.
OPEN_CARDS = 24


def render(report: Report, analysis: Analysis) -> str:
    """The page: equal reports give equal text. Nothing in it is loaded from elsewhere; whatever it shows is escaped."""
    places = dict.fromkeys((row["corpus"], row["scale"]) for row in analysis.comparisons)
    parts = [
        part(f"s{number}", section, analysis, place)
        for number, (section, place) in enumerate(zip(report.sections, places, strict=True), start=1)
    ]
    style, script = _asset("style.css"), _asset("sort.js")
    return _environment().get_template("page.html.jinja").render(
        report=report,
        rule=rule_words(analysis.rule),
        parts=parts,
        tuning=tuning_part(report.tuning, analysis),
        open_cards=OPEN_CARDS,
        max_seed_cv=analysis.rule.max_seed_cv,
        min_effect=f"{PLUS_MINUS}{analysis.rule.min_effect:g}",
        facts=facts(analysis),
        command=command(analysis.grid),
        glossary=GLOSSARY,
        style=Markup(style),
        script=Markup(script),
        policy=_policy(style, script),
    )  # fmt: skip


def rule_words(rule: Rule) -> list[str]:
    """What decides, in plain sentences."""
    when = "at its best evaluation" if rule.metric.startswith("best_") else "after the last step"
    rare = f"{100 * rule.alpha:g} times in 100"
    family = "in any arm of the table" if rule.correction == "holm" else "in an arm"
    said = [
        f"What counts is {rule.metric} {when}; {rule.direction} is better.",
        f"A difference below {rule.min_effect:g} does not matter.",
        f"An arm is called better or worse only where luck alone would show as much at most {rare}, {family}.",
    ]
    if rule.accept == "not_worse":
        said.append("The question is whether an arm is not worse by as much as matters; it need not be better.")
    said.append({
        "worst": "A run that diverged is the worst outcome: no arm with one is called better.",
        "rank": "A run that diverged ranks behind every other run.",
        "cap": "A run that diverged counts with the loss of guessing.",
    }[rule.diverged])  # fmt: skip
    return said


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded or sent, and no style or script but the page's own may run."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"prose": prose, "shortened": shortened, "sentence": sentence}
    made.globals["anchors"] = ANCHORS
    return made
