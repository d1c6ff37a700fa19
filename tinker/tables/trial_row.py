"""One row of trials.parquet: a cell of the grid and what the store knows of its trial."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tinker.store.record import StoredTrial
from tinker.store.verdicts import accepted
from tinker.train.result import MEASURED

#: Of a rented machine; no record has it from before there were any.
RENTED = ("fleet", "data_center", "image", "usd_per_hour")


def planned_rows(grid: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is known of each trial before it ran: `missing` until the store says otherwise."""
    arms = {arm["name"]: arm for arm in grid["arms"]}
    for cell in grid["cells"]:
        arm = arms[cell["arm"]]
        yield {
            "grid": grid["name"],
            **{key: cell[key] for key in ("arm", "corpus", "scale", "seed_init", "seed_data", "trial_id")},
            **{key: arm[key] for key in ("is_control", "changes_scale", "params", "flops_per_token")},
            "vocab_size": grid.get("vocab_size"),
            "status": "missing",
        }


def stored_row(trial: StoredTrial) -> dict[str, Any]:
    """What the store has of a trial, for the planned row to be filled with; metrics under their own names."""
    status, result = trial.status, trial.result
    row = {
        "trial_id": trial.trial_id,
        "environment_class": trial.environment_class,
        "status": status.state,
        "attempts": status.attempts,
        "cause": status.cause,
        "causes": [_failure(failure) for failure in status.causes] or None,
        "started": _time(status.started),
        "finished": _time(status.finished),
    }
    if result is None:
        return row
    environment = trial.environment()
    git = environment["git"]  # None where the package is installed, not a working tree
    train, model = trial.spec.config["train"], trial.spec.config["model"]
    metrics: dict[str, float] = result["metrics"]
    measured: dict[str, Any] = {
        "params": result["params"],
        "trainable_params": result.get("trainable_params", result["params"]),  # records before there were adapters
        "active_params": result.get("active_params", result["params"]),  # and before there were experts
        "flops_per_token": result["flops_per_token"],
        "steps": result["steps"],
        "tokens": result["steps"] * train["batch_size"] * model["context"],
        "threads": train["threads"],
        "precision": train["precision"],
        "code_fingerprint": trial.code_fingerprint,
        "git_commit": git and git["commit"],
        "git_dirty": trial.uncommitted(),
        "git_diff": git and git["diff"],
        "git_diff_complete": trial.reproducible(),
        "code_modules": modules_text(trial.code().get("modules", {})),
        "code_accepted": [modules_text(code["modules"]) for code in accepted(trial.folder).values()],
        "start_digest": result.get("start_digest"),
        "places": environment.get("places"),  # records before places were kept
        "fused": (environment.get("fused") or {}).get("replicates"),
        "torch": environment["torch"],
        "device": environment["device"]["name"],
        **{key: (environment.get("rented") or {}).get(key) for key in RENTED},
        **{name: metrics[name] for name in ("seconds", "tokens_per_s") if name in metrics},
        **{name: int(metrics[name]) for name in ("peak_mem_bytes", "rss_bytes") if name in metrics},
        **{name: value for name, value in metrics.items() if name not in MEASURED},
    }
    return row | measured


def modules_text(modules: Mapping[str, str]) -> str:
    """Digests by module, as the tables hold them."""
    return json.dumps(modules, sort_keys=True, separators=(",", ":"))


def _failure(failure: Mapping[str, Any]) -> str:
    """The kind stands in front of the cause, where it is not in its text already."""
    kind, cause = str(failure.get("kind")), str(failure.get("cause"))
    return cause if cause.startswith(f"{kind}: ") else f"{kind}: {cause}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
