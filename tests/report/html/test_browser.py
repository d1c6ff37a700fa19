"""The page in a browser, at phone and desktop width, light and dark: all of it in one start of the browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest

from tests.report.html.test_page import _grid, _page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
COMMAND = (
    str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
CASES = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
#: Of A4 paper between its margins, in CSS pixels.
PAPER = 718
MEASURE = """
const found = [...document.querySelectorAll("iframe")].map((frame) => {
  const page = frame.contentDocument, view = frame.contentWindow, meets = [];
  for (const svg of page.querySelectorAll("svg.plot")) {
    const texts = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
    const whole = svg.getBoundingClientRect();
    texts.forEach(([name, a], place) => {
      if (a.left < whole.left - 2 || a.right > whole.right + 2) meets.push(`cut: ${name}`);
      for (const [other, b] of texts.slice(place + 1))
        if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
          meets.push(`${name} / ${other}`);
    });
  }
  const table = page.querySelector("table.sortable"), head = table.tHead.rows[0].cells[1];
  const arms = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent);
  head.querySelector("button").click();
  const up = [head.getAttribute("aria-sort"), arms()];
  head.querySelector("button").click();
  return {
    width: view.innerWidth, body: page.documentElement.scrollWidth, meets, up,
    down: [head.getAttribute("aria-sort"), arms()], paper: view.getComputedStyle(page.body).backgroundColor,
    loaded: view.performance.getEntriesByType("resource").length,
  };
});
document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What was measured, one for each of `CASES`."""
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on PATH")
    folder = tmp_path_factory.mktemp("browser")
    page = _grid(folder, {"baseline-v0": 1.9, "a-good-arm-with-a-long-name-indeed": 1.8, "bad": 2.0}, points=12)
    assert page.count("Learning curve of ") == 3
    text = escape(page)
    frames = [f'<iframe srcdoc="{text}" style="border:0;width:{w}px;color-scheme:{s}"></iframe>' for w, s in CASES]
    # As it is printed; the policy lets no style in but the page's own, so it has to go.
    printed = escape(re.sub(r"<meta http-equiv=.*?>", "", page).replace("@media print", "@media all"))
    frames.append(f'<iframe srcdoc="{printed}" style="border:0;width:{PAPER}px;color-scheme:light"></iframe>')
    script = f'<script>addEventListener("load", () => {{{MEASURE}}});</script>'
    (folder / "outer.html").write_text(f"<!doctype html><body>{''.join(frames)}{script}", encoding="utf-8")
    done = subprocess.run(
        [*COMMAND, "--dump-dom", f"--user-data-dir={folder / 'profile'}", (folder / "outer.html").as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    match = re.search("FOUND(.*)END", done.stdout, re.DOTALL)
    assert match, done.stderr
    return list(json.loads(unescape(match[1])))


@pytest.mark.parametrize("place", range(len(CASES)), ids=[f"{w}-{s}" for w, s in CASES])
def test_nothing_overflows_is_cut_or_overlaps(found: list[dict[str, Any]], place: int) -> None:
    assert found[place]["width"] == CASES[place][0]
    assert found[place]["body"] <= CASES[place][0]
    assert found[place]["meets"] == []


def test_dark_and_light_are_different(found: list[dict[str, Any]]) -> None:
    assert [case["paper"] for case in found] == ["rgb(255, 255, 255)", "rgb(20, 23, 26)"] * 2 + ["rgb(255, 255, 255)"]


def test_a_click_on_a_heading_sorts(found: list[dict[str, Any]]) -> None:
    order = ["a-good-arm-with-a-long-name-indeed", "bad"]
    assert found[0]["up"] == ["ascending", [*order, "baseline-v0"]]
    assert found[0]["down"] == ["descending", [*order[::-1], "baseline-v0"]]


def test_loads_nothing(found: list[dict[str, Any]]) -> None:
    assert [case["loaded"] for case in found] == [0, 0, 0, 0, 0]


def test_on_paper_nothing_is_cut(found: list[dict[str, Any]]) -> None:
    assert found[-1]["width"] == PAPER
    assert found[-1]["body"] <= PAPER
    assert found[-1]["meets"] == []


def test_it_can_be_printed(found: list[dict[str, Any]], tmp_path: Path) -> None:
    assert BROWSER is not None
    _grid(tmp_path, {"baseline-v0": 1.9, "good": 1.8})
    (tmp_path / "page.html").write_text(_page(tmp_path), encoding="utf-8")
    subprocess.run(
        [*COMMAND, f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'page.pdf'}",
         (tmp_path / "page.html").as_uri()],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    paper = (tmp_path / "page.pdf").read_bytes()
    assert paper.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 1
