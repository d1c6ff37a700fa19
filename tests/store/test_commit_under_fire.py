"""Processes that are killed while they commit, and processes that commit the same trials."""

from __future__ import annotations

from tinker.store.atomic import TEMPORARY
from tinker.store.layout import PARTS
from tinker.store.sealed import verify
from tinker.store.store import Store

CLASS = "cpu-x-torch2.13-t1-abcdef"
KILLS = 16

# Forks a child that has everything imported already, so that a kill falls into a commit and not into an import; it
# comes after some commits and a random part of the time that one takes.
KILLED = """
import random, signal, time
random.seed(0)
commit(Store(Path(sys.argv[1], "warm")), 0, 0.0)
for kill in range(int(sys.argv[2])):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        store = Store(Path(sys.argv[1], str(kill)))
        for n in range(100000):
            store.begin(spec(n), CLASS, "me")
            commit(store, n, float(n))
            os.write(tell, b"x")
    commits = random.randint(1, 4)
    start = time.monotonic()
    for _ in range(commits):
        os.read(told, 1)
    time.sleep(random.uniform(0.0, (time.monotonic() - start) / commits))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""

RACE = """
import pyarrow.parquet
store = Store(Path(sys.argv[1]))
for n in range(40):
    print("ready", flush=True)
    sys.stdin.readline()
    print(commit(store, n, float(sys.argv[2])), flush=True)
"""


def test_a_kill_at_any_moment_leaves_a_whole_record_or_none(tmp_path, run, spec, commit):
    assert run(KILLED, tmp_path, KILLS).wait() == 0
    for kill in range(KILLS):
        store = Store(tmp_path / str(kill))
        rows = list(store.rows())
        finished = [row for row in rows if row.result is not None]
        assert len(rows) - len(finished) <= 1, "only the last one may be unfinished"
        for row in finished:
            assert _marks(row) == {float(row.spec.seeds.init)}
            assert verify(row.folder) is not None
        assert finished, "the kill came before any work: the test has tested nothing"

        store.heal()
        assert not any(TEMPORARY.fullmatch(path.name) for path in store.layout.results.rglob("*"))
        for n in range(len(finished), len(finished) + 2):  # and the store goes on from there
            assert commit(store, n, float(n))
        ids = [spec(n).id for n in range(len(finished) + 2)]
        assert store.done(ids, CLASS) == set(ids)
        assert {finding.action for finding in store.heal()} <= {"removed"}, "the parts of the killed commit"
        assert store.heal() == []


def test_of_two_processes_one_records_a_trial_with_its_own_curve(tmp_path, run, spec):
    racers = [run(RACE, tmp_path, mark) for mark in (1.0, 1000.0)]
    won = {1.0: 0, 1000.0: 0}
    store = Store(tmp_path)
    for n in range(40):
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 2
        for racer in racers:
            racer.stdin.write("go\n")
        for racer in racers:
            racer.stdin.flush()
        claims = [racer.stdout.readline() for racer in racers]
        assert sorted(claims) == ["False\n", "True\n"]
        winner = (1.0, 1000.0)[claims.index("True\n")]
        won[winner] += 1
        row = store.get(spec(n).id, CLASS)
        assert _marks(row) == {winner}
        assert len([path for path in row.folder.path.iterdir() if path.name.partition(".")[0] in PARTS]) == len(PARTS)
    assert [racer.wait() for racer in racers] == [0, 0]
    assert len(list(store.rows())) == 40
    assert store.heal() == []


def _marks(row) -> set[float]:
    """The marks that a record's files bear."""
    return {
        row.result["metrics"]["val_loss"],
        row.curve().to_pylist()[0]["value"],
        row.environment()["mark"],
        float(row.code()["fingerprint"]),
    }
