"""The columns of looks.parquet that come after the identity of a row."""

from __future__ import annotations

from tinker.tables.column import FLOAT, INT, TEXT, TIME, column

LOOK = [
    column("time", TIME, "state", "", "when a report showed this"),
    column(
        "kind",
        TEXT,
        "state",
        "",
        "look: one that the rule declares; peek: before the seeds had finished, with no verdict; end: all had finished",
    ),
    column("metric", TEXT, "identity", "", "the rule's"),
    column("rule_hash", TEXT, "rule", "", "hash of the decision rule in force"),
    column("look", INT, "test", "seeds", "an arm at the declared look; null where none is declared"),
    column("n", INT, "state", "seeds", "of the arm, with a value"),
    column("n_diverged", INT, "state", "seeds", "of the arm, diverged"),
    column("control_n", INT, "state", "seeds", "of the control, with a value"),
    column("p", FLOAT, "test", "", "that was seen"),
    column("p_adjusted", FLOAT, "test", "", "the same, corrected for looks and arms"),
    column("verdict", TEXT, "verdict", "", "that was seen"),
]
