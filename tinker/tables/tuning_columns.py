"""The columns of tuning.parquet."""

from __future__ import annotations

import pyarrow as pa

from tinker.tables.column import BOOL, FLOAT, INT, TEXT, column

#: In front of a searched key, so that no key takes the name of another column.
PARAMS = "params."

TUNING = [
    column("grid", TEXT, "identity", "", "name of the grid"),
    column("arm", TEXT, "identity", "", "name of the arm"),
    column("is_control", BOOL, "identity", "", "the arm with the empty diff"),
    column("number", INT, "identity", "", "of the configuration within its arm, from 0, in the order asked"),
    column("batch", INT, "identity", "", "of the configurations that were asked for together, from 0"),
    column("params", TEXT, "identity", "", "JSON: the values that were tried, by dotted key"),
    column("seed_init", INT, "identity", "", "tuning seed of initialisation and dropout"),
    column("seed_data", INT, "identity", "", "tuning seed of the order of the training data"),
    column("rung", INT, "identity", "steps", "at which it was compared; the whole budget unless stopped early"),
    column("trial_id", TEXT, "identity", "", "hash of what was asked for"),
    column("state", TEXT, "state", "", "done, diverged, failed, or missing: asked for and without a result"),
    column("value", FLOAT, "metric", "of the metric", "after `rung` steps, on the tuning split; null unless done"),
    column("metric", TEXT, "identity", "", "the rule's"),
    column("steps", INT, "cost", "steps", "optimizer steps done, from step 0; a rung goes on from the one before"),
    column("seconds", FLOAT, "cost", "s", "wall time of training and evaluation, from step 0"),
    column("flops", FLOAT, "cost", "FLOP", "executed matrix FLOPs of training, from step 0"),
    column("is_winner", BOOL, "state", "", "its configuration won for the arm"),
    column("stopped", BOOL, "state", "", "its configuration was pruned: it did not go on after its last rung"),
]


def searched(key: str) -> pa.Field:
    """The column of a searched key that has numbers."""
    return column(f"{PARAMS}{key}", FLOAT, "identity", "of the key", f"{key}; null in an arm that does not have it")
