"""SCHEMA.md, written from the schemas: `python -m tinker.tables.document > tinker/tables/SCHEMA.md`."""

from __future__ import annotations

from tinker.tables import schema

_HEAD = f"""# Tables of a grid, schema version {schema.VERSION}

`tinker report` writes them into `results/<grid>/`. Units and descriptions stand in the field metadata, the version in
the file metadata. Times are UTC. A null means "there is none"; NaN and infinity are values that a run ended with.
"""

_TABLES = (
    (
        "trials.parquet",
        "A row for each planned trial, whatever became of it; a float64 column for each metric.",
        schema.trials,
    ),
    ("curves.parquet", "A row per trial, step and metric.", schema.curves),
    ("comparisons.parquet", "A row per arm (the control too), metric, corpus and scale.", schema.comparisons),
    ("looks.parquet", "A row per arm and time that a report showed something new of it; only added to.", schema.looks),
    (
        "tuning.parquet",
        "Of a grid that tunes its arms: a row per arm, configuration, rung and seed; a float64 column `params.<key>`"
        " for each searched key that has numbers.",
        schema.tuning,
    ),
)


def document() -> str:
    """The text of SCHEMA.md."""
    parts = [_HEAD]
    for name, about, make in _TABLES:
        parts += [f"## {name}\n\n{about}\n", "| column | type | unit | meaning |\n|---|---|---|---|"]
        for field in make():
            unit, meaning = field.metadata[b"unit"].decode(), field.metadata[b"description"].decode()
            parts.append(f"| {field.name} | {field.type} | {unit} | {meaning} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    print(document(), end="")
