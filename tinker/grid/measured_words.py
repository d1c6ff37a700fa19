"""What people are told of what a grid leaves to a measurement. For plans, runs and reports alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Part = Mapping[str, Any]


def open_in_words(parts: Sequence[str]) -> list[str]:
    """Of a grid for which that is not decided yet."""
    until = {
        "matmul": "resources.matmul: auto: planned with train.matmul=torch",
        "compile": "resources.compile: auto: planned with train.compile=false",
        "fused": "resources.fused: auto: planned with 1 seed at a time",
    }
    return [f"{until[part]}; measured, and decided for all arms, when the grid is first run" for part in parts]


def measured_in_words(measured: Mapping[str, Part]) -> list[str]:
    """A line for each decision, with its figures."""
    said = []
    if part := measured.get("matmul"):
        said.append(f"resources.matmul: auto: train.matmul={'onednn' if part['on'] else 'torch'}: {_matmul(part)}")
    if part := measured.get("compile"):
        said.append(f"resources.compile: auto: train.compile={'true' if part['on'] else 'false'}: {_compile(part)}")
    if part := measured.get("fused"):
        said.append(f"resources.fused: auto: {part['seeds']} of an arm's seeds together: {_fused(part)}")
    return said


def elsewhere_in_words(measured: Mapping[str, Part], environment_class: str) -> list[str]:
    """That a decision was made on another kind of machine than this one, and counts all the same."""
    others = [name for name, part in measured.items() if part["environment_class"] != environment_class]
    return [
        f"resources.{name}: auto was decided on {_place(measured[name])}, another kind of machine than this one; it "
        "counts here too, so that trials stay the same"
        for name in others
    ]


def _matmul(part: Part) -> str:
    figures = part.get("figures")
    if figures is None:
        return f"{part['why']} ({_place(part)})"
    return f"with onednn a step of the control is {_ratio(figures)} as fast ({_place(part)})"


def _compile(part: Part) -> str:
    figures = part.get("figures")
    if figures is None:
        return f"{part['why']} ({_place(part)})"
    return (
        f"a step of the control is {_ratio(figures)} as fast, compiling takes {figures['compile_s']:.3g} s of each "
        f"trial, so {figures['steps']:,} steps take {figures['compiled_s']:.3g} s compiled and "
        f"{figures['plain_s']:.3g} s not{_but(part)} ({_place(part)})"
    )


def _fused(part: Part) -> str:
    figures = part.get("figures")
    if figures is None:
        return f"{part['why']} ({_place(part)})"
    return f"{figures['tried']} of the control have {_ratio(figures)} the tokens/s of one{_but(part)} ({_place(part)})"


def _ratio(figures: Part) -> str:
    return f"x{figures['ratio']:.2f} (n={figures['n']}, quartiles {figures['low']:.2f} and {figures['high']:.2f})"


def _but(part: Part) -> str:
    return f"; {part['why']}" if part["why"] else ""


def _place(part: Part) -> str:
    threads = "1 thread" if part["threads"] == 1 else f"{part['threads']} threads"
    return f"{part['device']}, {threads}, torch {part['torch']}, {part['time'][:10]}"
