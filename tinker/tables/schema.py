"""Schemas of the three tables: columns, types, units and meaning, versioned.

The version rises when a column is renamed, removed or changes its meaning; an added column leaves it. The metrics of a
grid are columns of trials.parquet after the fixed ones, so its schema is made for the metrics there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

VERSION = 1

INT, FLOAT, TEXT, BOOL = pa.int64(), pa.float64(), pa.string(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")

#: Metrics that every grid has a column for. `excess_<skill>` and others come from the results.
METRICS = {
    "val_loss": ("nats/token", "validation loss after the last step, whole validation split"),
    "train_loss": ("nats/token", "training loss after the last step"),
    "best_val_loss": (
        "nats/token",
        "lowest validation loss of all evaluations: flatters, never compare it with a final one",
    ),
    "val_bpb": ("bits/byte", "validation loss per byte of text: comparable across tokenizers"),
    "excess": ("nats/token", "validation loss over the corpus's exact floor"),
}


def _column(name: str, type_: pa.DataType, kind: str, unit: str, description: str) -> pa.Field:
    return pa.field(name, type_, metadata={"kind": kind, "unit": unit, "description": description})


def _identity() -> list[pa.Field]:
    return [
        _column("grid", TEXT, "identity", "", "name of the grid"),
        _column("arm", TEXT, "identity", "", "name of the arm"),
        _column("is_control", BOOL, "identity", "", "the arm with the empty diff"),
        _column("corpus", TEXT, "identity", "", "what was trained and validated on"),
        _column("scale", TEXT, "identity", "", "size and budget"),
    ]


def _trial() -> list[pa.Field]:
    return [
        _column("seed_init", INT, "identity", "", "seed of initialisation and dropout"),
        _column("seed_data", INT, "identity", "", "seed of the order of the training data"),
        _column("trial_id", TEXT, "identity", "", "hash of what was asked for"),
    ]


_AFTER_IDENTITY = [
    _column(
        "environment_class", TEXT, "identity", "", "what of the machine may change the numbers; null if it never ran"
    ),
    _column("changes_scale", BOOL, "identity", "", "the arm's diff touches what the scale sets"),
    _column(
        "status",
        TEXT,
        "state",
        "",
        "done, diverged, failed, running, pending, or missing: planned and not in the store",
    ),
    _column("attempts", INT, "state", "", "times it was started"),
    _column("cause", TEXT, "state", "", "why it failed or diverged"),
    _column("params", INT, "cost", "parameters", "parameters, frozen ones included, tied ones once"),
    _column("active_params", INT, "cost", "parameters", "those that one token meets: fewer with a mixture of experts"),
    _column("trainable_params", INT, "cost", "parameters", "those that are trained: fewer where only adapters are"),
    _column(
        "flops_per_token", FLOAT, "cost", "FLOP/token", "executed matrix FLOPs of a training step, forward and backward"
    ),
    _column("steps", INT, "cost", "steps", "optimizer steps done"),
    _column("tokens", INT, "cost", "tokens", "training tokens seen"),
    _column("seconds", FLOAT, "cost", "s", "wall time of training and evaluation"),
    _column("tokens_per_s", FLOAT, "cost", "tokens/s", "training speed"),
    _column(
        "packed",
        BOOL,
        "cost",
        "",
        "another trial of the grid ran at the same time on that host: its speed is not its own",
    ),
    _column("peak_mem_bytes", INT, "cost", "bytes", "peak memory of the accelerator; null on a CPU"),
    _column("rss_bytes", INT, "cost", "bytes", "peak resident memory of the process"),
    _column("code_fingerprint", TEXT, "provenance", "", "hash of the modules that the trial imports"),
    _column("git_commit", TEXT, "provenance", "", "commit of the working tree"),
    _column("git_dirty", BOOL, "provenance", "", "the working tree had changes that were not committed"),
    _column("torch", TEXT, "provenance", "", "version of torch"),
    _column("device", TEXT, "provenance", "", "accelerator or processor model"),
    _column("threads", INT, "provenance", "", "CPU threads of torch"),
    _column("precision", TEXT, "provenance", "", "number format of training"),
    _column("started", TIME, "provenance", "", "start of the last attempt"),
    _column("finished", TIME, "provenance", "", "end of the last attempt"),
]


def trials(metrics: Iterable[str] = ()) -> pa.Schema:
    """trials.parquet: a row for each planned trial; `metrics` are those besides `METRICS`."""
    known = [_column(name, FLOAT, "metric", *about) for name, about in METRICS.items()]
    others = [_column(name, FLOAT, "metric", *_meaning(name)) for name in sorted(set(metrics) - METRICS.keys())]
    return _schema("trials", [*_identity(), *_trial(), *_AFTER_IDENTITY, *known, *others])


def _meaning(metric: str) -> tuple[str, str]:
    if metric.startswith("excess_"):
        return "nats/token", f"excess on the tokens of the skill {metric.removeprefix('excess_')}"
    return "", "a metric of the trial's own"


def metric_names(schema: pa.Schema) -> list[str]:
    """The metric columns of a trials table."""
    return [field.name for field in schema if (field.metadata or {}).get(b"kind") == b"metric"]


CURVES_COLUMNS = [
    _column("step", INT, "identity", "steps", "optimizer steps done"),
    _column("metric", TEXT, "identity", "", "name as in trials.parquet"),
    _column("value", FLOAT, "metric", "of the metric", "value at that step"),
]


def curves() -> pa.Schema:
    """curves.parquet: a row per trial, step and metric."""
    return _schema("curves", [*_identity(), *_trial(), *CURVES_COLUMNS])


_COMPARISON = [
    _column("metric", TEXT, "identity", "", "metric compared, at the final step"),
    _column("primary", BOOL, "identity", "", "the metric of the decision rule; the others have no verdict"),
    _column("n_planned", INT, "state", "seeds", "declared"),
    _column("n", INT, "state", "seeds", "with a finite value: mean, sd and test rest on these"),
    _column("n_diverged", INT, "state", "seeds", "diverged, or ended with a value that is not finite"),
    _column("n_failed", INT, "state", "seeds", "failed"),
    _column("n_unfinished", INT, "state", "seeds", "missing, pending or running"),
    _column("mean", FLOAT, "effect", "of the metric", "over seeds"),
    _column("sd", FLOAT, "effect", "of the metric", "sample sd over seeds (n - 1)"),
    _column("sd_low", FLOAT, "effect", "of the metric", "95 % chi-square interval of the sd, lower end"),
    _column("sd_high", FLOAT, "effect", "of the metric", "its upper end"),
    _column("min", FLOAT, "effect", "of the metric", "lowest seed"),
    _column("max", FLOAT, "effect", "of the metric", "highest seed"),
    _column("control_n", INT, "effect", "seeds", "of the control, with a finite value"),
    _column("control_mean", FLOAT, "effect", "of the metric", "of the control"),
    _column("control_sd", FLOAT, "effect", "of the metric", "of the control"),
    _column(
        "difference", FLOAT, "effect", "of the metric", "mean of the arm minus mean of the control; null if invalid"
    ),
    _column(
        "low", FLOAT, "effect", "of the metric", "Welch interval of the difference, confidence 1 - alpha, lower end"
    ),
    _column("high", FLOAT, "effect", "of the metric", "its upper end"),
    _column("p", FLOAT, "test", "", "two-sided Welch p, not corrected"),
    _column(
        "p_adjusted", FLOAT, "test", "", "corrected as the rule says, over the declared arms of the corpus and scale"
    ),
    _column("p_equivalent", FLOAT, "test", "", "TOST p against +-min_effect, corrected alike: small says equivalent"),
    _column("minimum_detectable_effect", FLOAT, "plan", "of the metric", "found with 80 % power by the planned seeds"),
    _column("seeds_needed", INT, "plan", "seeds", "per arm, to find min_effect with 80 % power at the sd seen"),
    _column("seeds_needed_upper", INT, "plan", "seeds", "the same at the upper 80 % limit of the sd"),
    _column(
        "seeds_to_decide",
        INT,
        "plan",
        "seeds",
        "per arm, to narrow the interval to +-min_effect/2, which always decides",
    ),
    _column(
        "verdict",
        TEXT,
        "verdict",
        "",
        "control, better, worse, equivalent, inconclusive, cannot reach alpha, invalid, exploratory",
    ),
    _column("reason", TEXT, "verdict", "", "the verdict's reason in one sentence"),
    _column("warnings", pa.list_(TEXT), "verdict", "", "what else to know about the runs"),
    _column("alpha", FLOAT, "rule", "", "two-sided error rate of the rule"),
    _column("min_effect", FLOAT, "rule", "of the metric", "smallest difference that matters"),
    _column("rule_hash", TEXT, "rule", "", "hash of the decision rule"),
    _column("params", INT, "cost", "parameters", "parameters, frozen ones included, tied ones once"),
    _column("params_ratio", FLOAT, "cost", "", "over the control's"),
    _column("flops_per_token", FLOAT, "cost", "FLOP/token", "executed matrix FLOPs of a training step"),
    _column("flops_ratio", FLOAT, "cost", "", "over the control's"),
    _column("tokens_per_s", FLOAT, "cost", "tokens/s", "mean training speed"),
    _column("tokens_per_s_ratio", FLOAT, "cost", "", "over the control's; null where one was packed and the other not"),
    _column("packed", BOOL, "cost", "", "some of the arm's trials shared their machine: speed is not their own"),
    _column("seconds", FLOAT, "cost", "s", "mean wall time of a trial"),
    _column("peak_mem_bytes", INT, "cost", "bytes", "highest peak memory of the accelerator"),
    _column("rss_bytes", INT, "cost", "bytes", "highest peak resident memory"),
]


def comparisons() -> pa.Schema:
    """comparisons.parquet: a row per arm (the control too), metric, corpus and scale."""
    return _schema("comparisons", [*_identity(), *_COMPARISON])


def _schema(table: str, fields: Sequence[pa.Field]) -> pa.Schema:
    return pa.schema(fields, metadata={"tinker_table": table, "tinker_schema_version": str(VERSION)})
