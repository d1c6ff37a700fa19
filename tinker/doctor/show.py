"""The findings for people."""

from __future__ import annotations

from collections.abc import Iterator

from tinker.doctor.examine import can_run
from tinker.doctor.finding import Finding

WIDTH = 22


def show(findings: list[Finding]) -> Iterator[str]:
    """A line a finding, its advice on the next; the verdict last."""
    for finding in findings:
        state = "" if finding.state == "ok" else f"{finding.state}: "
        yield f"{finding.subject:<{WIDTH}}{state}{finding.found}"
        if finding.advice:
            yield f"{'':<{WIDTH}}-> {finding.advice}"
    yield ""
    if can_run(findings):
        yield "grids can run here: tinker run grids/attention_variants.yaml"
    else:
        missing = ", ".join(finding.subject for finding in findings if finding.state == "missing")
        yield f"grids cannot run here yet; missing: {missing}"
