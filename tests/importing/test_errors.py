"""Each mistake is one message with file, line, column, what was given and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.importing.made_up import curves, import_, runs, tinker, verdicts, write_csv, write_jsonl
from tinker.errors import UserError
from tinker.importing.api import import_files
from tinker.importing.request import Request
from tinker.importing.rule import rule_of
from tinker.stats.sample import LARGEST

Change = Callable[[list[dict[str, Any]]], None]


def _set(row: int, column: str, value: object) -> Change:
    return lambda rows: rows[row].update({column: value})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            _set(3, "seed", "3a"),
            r"r\.csv:5: column 'seed' \(--seed\): '3a' is no whole number of 15 digits or fewer; .*--seed none",
        ),
        (_set(3, "seed", "1.5"), r"r\.csv:5: column 'seed' \(--seed\): '1\.5' is no whole number"),
        (_set(3, "seed", "nan"), r"r\.csv:5: column 'seed' \(--seed\): 'nan' is no whole number"),
        (_set(3, "seed", ""), r"r\.csv:5: column 'seed' \(--seed\): the cell is empty; .*--seed none"),
        (_set(0, "arm", " "), r"r\.csv:2: column 'arm' \(--arm\): the cell is empty"),
        (_set(0, "arm", "a\nb"), r"r\.csv:2: column 'arm' \(--arm\): 'a\\nb' cannot be printed"),
        (
            _set(3, "val_loss", "-1e101"),
            r"r\.csv:5: column 'val_loss' \(--metric\): -1e\+101 is beyond \+-1e\+100, .*a run that diverged is NaN",
        ),
        (_set(14, "val_loss", "NA"), r"r\.csv:16: column 'val_loss' \(--metric\): 'NA' is not a number; an empty cell"),
    ],
)
def test_a_wrong_cell_is_named_by_its_line(change: Change, said: str, tmp_path: Path) -> None:
    rows = runs()
    change(rows)
    with pytest.raises(UserError, match=said):
        import_(write_csv(tmp_path / "r.csv", rows), results=tmp_path / "results")


def test_the_line_is_right_below_cells_that_hold_line_ends(tmp_path: Path) -> None:
    rows = [{**row, "note": "two\nlines"} for row in runs()]
    rows[2]["seed"] = "x"
    with pytest.raises(UserError, match=r"r\.csv:6: column 'seed'"):
        import_(write_csv(tmp_path / "r.csv", rows), results=tmp_path / "results")


def test_a_wrong_cell_of_json_lines_is_named_by_its_line(tmp_path: Path) -> None:
    rows = runs()
    rows[4]["val_loss"] = "low"
    with pytest.raises(UserError, match=r"r\.jsonl:5: column 'val_loss' \(--metric\): 'low' is not a number"):
        import_(write_jsonl(tmp_path / "r.jsonl", rows), results=tmp_path / "results")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--metric", "val_los"),
            r"r\.csv: --metric: unknown column 'val_los'; did you mean 'val_loss'\? Allowed: arm",
        ),
        (("--arm", "arms"), r"r\.csv: --arm: unknown column 'arms'; did you mean 'arm'"),
        (("--seed", "sed"), r"r\.csv: --seed: unknown column 'sed'; did you mean 'seed'"),
        (("--step", "iter"), r"r\.csv: --step: unknown column 'iter'"),
        (("--hardware", "gpu"), r"r\.csv: --hardware: unknown column 'gpu'"),
        (("--status", "state"), r"r\.csv: .*unknown column 'state'"),
        (("--column", "params=N"), r"r\.csv: --column params: unknown column 'N'"),
        (("--column", "parms=N"), r"--column parms=N: unknown name 'parms'; did you mean 'params'"),
        (("--column", "params"), r"--column 'params': expected NAME=COLUMN"),
        (("--column", "params=a", "--column", "params=b"), r"params was given already, as 'a'"),
        (("--metric", "val_loss=status"), r"status is a column of tinker's own tables; rename it: val_loss=my_status"),
        (("--metric", "val_loss", "--metric", "val_loss"), r"that metric was given already"),
        (("--metric", "val_loss="), r"'' is no name for a metric"),
        (("--control", "bas"), r"--control: unknown arm 'bas'; did you mean 'base'\? Allowed: bad, base, good"),
        (("--decide", "tests=t"), r"--decide tests=t: unknown key 'tests'; did you mean 'test'"),
        (("--decide", "test=u"), r"decide\.test: 'u' is not allowed; expected one of 't', 'permutation', 'rank'"),
        (("--decide", "alpha=0.1"), r"alpha has an option of its own, --alpha"),
        (("--decide", "test"), r"--decide 'test': expected KEY=VALUE"),
        (("--decide", "test=t", "--decide", "test=t"), r"test was given already"),
        (("--decide", "looks=[4"), r"'\[4' is not YAML"),
        (("--decide", "looks=[8,4]"), r"decide\.looks: \[8, 4\] is not a list of rising numbers"),
        (("--decide", "diverged=rank"), r"decide\.diverged: 'rank' needs a Mann-Whitney test"),
        (("--decide", "diverged=cap"), r"diverged=cap: ln V needs the vocabulary's size"),
        (("--decide", "blocks=hardware"), r"blocks=hardware: nothing says which machine .*--hardware COLUMN"),
        (("--min-effect", "0"), r"decide\.min_effect: 0\.0 is not allowed"),
        (("--direction", "up"), r"decide\.direction: 'up' is not allowed; expected one of 'lower', 'higher'"),
        (("--steps", "10"), r"--steps: nothing says how far a run came; add --step"),
        (("--tuning-seeds", "1-3"), r"--tuning-seeds '1-3': expected whole numbers with commas"),
        (("--run-name", "{arm}"), r"--run-name: only exports of W&B and folders of Ray Tune name their runs"),
        (("--name", "a b"), r"--name: 'a b' cannot be a folder"),
        (("--from", "wandb"), r"not an export of W&B: .*columns there are: arm, seed, val_loss"),
        (("--from", "parquet"), r"r\.csv: cannot be read as Parquet"),
        (("--from", "jsonl"), r"r\.csv:1: not JSON"),
        (("--from", "ray"), r"r\.csv: not a folder; expected that of a Ray Tune experiment"),
    ],
)
def test_a_wrong_option_says_what_is_allowed(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    given = ["--control", "base", "--min-effect", "0.01", "--name", "there", "--results", tmp_path / "results"]
    with pytest.raises(UserError, match=said) as error:
        tinker("import", file, *given, *options)  # what comes later replaces what came before
    assert "\n" not in str(error.value)
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.csv", b"", r"r\.csv: the file is empty"),
        ("r.csv", b"arm,seed,val_loss\n", r"r\.csv: there are no rows"),
        ("r.csv", b"arm,seed,arm\na,1,2\n", r"r\.csv:1: the column 'arm' is there 2 times"),
        ("r.csv", b"arm,seed,val_loss\na,1,2\nb,2\n", r"r\.csv:3: 2 cells, where the first line has 3"),
        ("r.csv", b"arm,seed,val_loss\n\xff,1,2\n", r"r\.csv: cannot be read as (CSV|UTF-8 text)"),
        ("r.jsonl", b"", r"r\.jsonl: there are no lines in it"),
        ("r.jsonl", b'{"arm": 1}\n[1]\n', r"r\.jsonl:2: list instead of an object"),
        ("r.jsonl", b'{"arm": 1}\n\n{"arm": }\n', r"r\.jsonl:3: not JSON"),
        ("r.jsonl", b'{}\n{"a":' + b"[" * 3000 + b"]" * 3000 + b"}\n", r"r\.jsonl:2: .*nested deeper than 50"),
        ("r.jsonl", b'{}\n{"a":' + b"[" * 60 + b"]" * 60 + b"}\n", r"r\.jsonl:2: .*nested deeper than 50"),
        ("r.jsonl", b'{"a":' * 3000 + b"1" + b"}" * 3000, r"r\.jsonl:1: .*nested deeper than 50"),
        ("r.jsonl", b'{}\n{"arm": "\\ud800"}\n', r"r\.jsonl:2: \\ud800 is half a surrogate pair"),
        ("r.jsonl", b'{"\\ud800": 1}\n', r"r\.jsonl:1: \\ud800 is half a surrogate pair"),
        ("r.jsonl", b'{}\n{"arm": "\xff"}\n', r"r\.jsonl:2: cannot be read as UTF-8 text"),
        ("r.parquet", b"PAR1", r"r\.parquet: cannot be read as Parquet"),
        ("r.xlsx", b"PK", r"r\.xlsx: the ending does not tell the format; say --from csv, parquet, jsonl, wandb, ray"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=said):
        import_(tmp_path / name, results=tmp_path / "results")


def test_a_path_that_leads_nowhere_or_to_the_wrong_thing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.csv: there is no such file or folder"):
        import_(tmp_path / "gone.csv", results=tmp_path / "results")
    with pytest.raises(UserError, match="a folder; only --from ray reads one"):
        import_(tmp_path, "--from", "csv", results=tmp_path / "results")
    with pytest.raises(UserError, match="no trials of Ray Tune in it"):
        import_(tmp_path, results=tmp_path / "results")


def test_results_that_are_a_file_are_one_message(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", runs())
    request = Request("there", "base", rule_of("val_loss", {"min_effect": 0.01}, []), {})
    for results in (file, file / "below"):
        with pytest.raises(UserError, match=r"--results: .*r\.csv is a file; name a folder"):
            import_files([file], request, results)


def test_the_name_of_a_run_may_hold_nothing_that_cannot_be_printed(tmp_path: Path) -> None:
    rows = [{"Name": f"{r['arm']}-{r['seed']}", "State": "finished", "val_loss": r["val_loss"]} for r in runs()]
    rows[3]["Name"] = "ba\x1b[31m-4"
    with pytest.raises(UserError, match=r"r\.csv:5: --run-name: 'ba\\x1b\[31m' cannot be printed"):
        import_(write_csv(tmp_path / "r.csv", rows), "--run-name", "{arm}-{seed}", results=tmp_path / "results")


def test_a_value_of_parquet_that_would_overflow_is_named_by_its_row(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([row | {"val_loss": 1e308} for row in runs()])
    pq.write_table(table, tmp_path / "r.parquet")
    with pytest.raises(UserError, match=r"r\.parquet, row 1: column 'val_loss' \(--metric\): 1e\+308 is beyond"):
        import_(tmp_path / "r.parquet", results=tmp_path / "results")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rule", ["test=t", "test=rank", "test=permutation", "pairing=seed", "looks=anytime"])
def test_the_largest_values_overflow_nowhere(rule: str, tmp_path: Path) -> None:
    rows = [row | {"val_loss": LARGEST * (-1) ** place / (1 + place % 3)} for place, row in enumerate(runs())]
    folder = import_(write_csv(tmp_path / "r.csv", rows), "--decide", rule, results=tmp_path / "results")
    assert set(verdicts(folder)) == {"base", "good", "bad"}
    tinker("report", "there", "--format", "html", "--results", tmp_path / "results")


def test_a_seed_that_no_column_holds_is_named(tmp_path: Path) -> None:
    rows = runs()
    rows[1]["seed"] = 10**20
    with pytest.raises(
        UserError, match=r"r\.csv:3: column 'seed' .*'1(0{20})' is no whole number of 15 digits or fewer"
    ):
        import_(write_csv(tmp_path / "r.csv", rows), results=tmp_path / "results")
    table = pa.table({"arm": ["base"], "seed": pa.array([2**63], pa.uint64()), "val_loss": [1.0]})
    pq.write_table(table, tmp_path / "r.parquet")
    with pytest.raises(UserError, match=r"r\.parquet, row 1: column 'seed' .* is no whole number"):
        import_(tmp_path / "r.parquet", results=tmp_path / "results")


def test_a_point_needs_its_step(tmp_path: Path) -> None:
    points = curves(runs())
    points[1]["step"] = None
    with pytest.raises(UserError, match=r"r\.csv:3: column 'step' \(--step\): the cell is empty"):
        import_(write_csv(tmp_path / "r.csv", points), "--step", "step", results=tmp_path / "results")
