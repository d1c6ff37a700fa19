"""What each verdict tells a reader to do, in words for people who never took a statistics course."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """`kind` chooses colour and the shape of marks; `do` is the short answer and `meaning` the sentence below it."""

    kind: str
    shape: str
    sign: str
    do: str
    meaning: str


#: In the order of the page: what can be acted on comes first.
ADVICE = {
    "better": Advice("keep", "dot", "\N{BLACK CIRCLE}", "Keep", "Better than the control, by more than luck explains."),
    "worse": Advice(
        "drop", "square", "\N{BLACK SQUARE}", "Drop", "Worse than the control, by more than luck explains."
    ),
    "equivalent": Advice(
        "same",
        "diamond",
        "\N{BLACK DIAMOND}",
        "No difference that matters",
        "Take whichever is simpler or cheaper: a difference large enough to matter is ruled out.",
    ),
    "not worse": Advice(
        "same",
        "diamond",
        "\N{BLACK DIAMOND}",
        "Keep if it is cheaper or simpler",
        "It is not worse by as much as would matter. That it is better is not shown.",
    ),
    "inconclusive": Advice(
        "unknown",
        "ring",
        "\N{WHITE CIRCLE}",
        "Not known yet",
        "The runs so far fit with more than one answer. That is not the same as no difference.",
    ),
    "cannot reach alpha": Advice(
        "unknown",
        "ring",
        "\N{WHITE CIRCLE}",
        "Cannot be known from these runs",
        "Too few runs were planned: whatever they had shown, they could not have decided.",
    ),
    "exploratory": Advice(
        "odd",
        "ring",
        "\N{WHITE CIRCLE}",
        "A hint, not a result",
        "Not everything was declared, or finished, as an honest test needs it. Do not decide by it.",
    ),
    "invalid": Advice(
        "odd",
        "ring",
        "\N{WHITE CIRCLE}",
        "Not a fair comparison",
        "Arm and control cannot be compared as they were run. Do not decide by it.",
    ),
}

CONTROL = Advice("control", "ring", "", "The control", "What every arm is compared with.")


def advice(verdict: str) -> Advice:
    """Of an arm's verdict, or the control's."""
    return CONTROL if verdict == "control" else ADVICE[verdict]
