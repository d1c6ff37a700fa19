"""Results on their way home: between two real stores, over a way that breaks, and from a machine that lies."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cloud.stores import CLASS, checkpoint, commit, contents, fetch, folder, spec, there
from tinker.cloud.host import Unreachable
from tinker.cloud.pod import ship as shipping
from tinker.cloud.pod.ship import pack, ship, stops
from tinker.cloud.reach.home import Home
from tinker.store.drivers import drivers, stop_file
from tinker.store.layout import PARTS
from tinker.store.presence import Presence
from tinker.store.sealed import verify
from tinker.store.spent import Entry, Ledger
from tinker.store.store import Store
from tinker.store.strict_json import encode

pytestmark = pytest.mark.usefixtures("machine")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def home(results: Path) -> Home:
    return Home(results, "unfinished")


def test_results_come_home_byte_for_byte_and_once(home: Home, results: Path) -> None:
    for n in (1, 2):
        commit(there(), n)
    Ledger(there().layout.results, "g").write(Entry(1.0))
    (there().layout.results / "g" / "grid.json").write_text('{"name": "g"}')
    there().layout.measured("g").write_text('{"fused": {}}')
    assert fetch(home) == (2, [])
    assert contents(results) == contents(there().layout.results)
    assert [verify(folder(Store(results), n))["metrics"] for n in (1, 2)] == [{"val_loss": 1.0}] * 2  # type: ignore[index]
    assert fetch(home) == (0, [])


def test_what_was_brought_once_is_not_sent_again_even_to_a_new_process(home: Home, results: Path) -> None:
    commit(there(), 1)
    there().begin(spec(2), CLASS, "me")
    checkpoint(there(), 2, b"state")
    fetch(home)
    sent: list[int] = []

    def counted(known: bytes) -> bytes:
        answer = ship(known)
        with tarfile.open(fileobj=io.BytesIO(answer)) as tar:
            sent.append(len(tar.getmembers()) - 1)
        return answer

    Home(results, "unfinished").fetch(counted, print)
    home.fetch(counted, print)
    assert sent == [0, 0, 0]


def test_a_result_at_home_stays_as_it_is(home: Home, results: Path) -> None:
    commit(Store(results), 1, mark=5.0)
    before = contents(results)
    commit(there(), 1, mark=1.0)
    assert fetch(home)[0] == 0
    assert contents(results).items() >= before.items()
    assert len(list(folder(Store(results), 1).path.glob("curve.*"))) == 1


def test_a_result_that_got_home_otherwise_meanwhile_stays(home: Home, results: Path) -> None:
    fetch(home)
    commit(there(), 1, mark=1.0)
    commit(Store(results), 1, mark=5.0)
    assert fetch(home) == (0, [])
    assert verify(folder(Store(results), 1))["metrics"] == {"val_loss": 5.0}  # type: ignore[index]
    assert len(list(folder(Store(results), 1).path.glob("curve.*"))) == 1


@pytest.mark.parametrize("part", ["result.json", "curve.*", "code.*"])
def test_a_damaged_record_is_not_committed_and_said_once(home: Home, results: Path, part: str) -> None:
    commit(there(), 1)
    [path] = folder(there(), 1).path.glob(part)
    path.write_bytes(path.read_bytes().replace(b"20", b"21") if part == "result.json" else b"{}")
    won, said = fetch(home)
    assert won == 0
    assert len(said) == 1 and "damaged" in said[0] and spec(1).id in said[0]
    assert not folder(Store(results), 1).result.exists()
    assert not list(folder(Store(results), 1).path.glob("curve.*"))
    assert fetch(home) == (0, [])


def test_a_way_that_breaks_leaves_nothing_half_written_and_is_gone_on_from(home: Home, results: Path) -> None:
    for n in range(6):
        commit(there(), n)
    checkpoint(there(), 9, os.urandom(50_000))
    fetch_list = home._known()
    for share in (0.0, 0.3, 0.6, 0.5):

        def cut(known: bytes, share: float = share) -> bytes:
            whole = ship(known)
            return whole if known == fetch_list else whole[: int(len(whole) * share)]

        with pytest.raises(Unreachable):
            home.fetch(cut, print)
        for n in range(6):
            verify(folder(Store(results), n))
        assert not [name for name in contents(results) if name.endswith(".tmp")]
    assert fetch(home)[1] == []
    assert contents(results) == contents(there().layout.results)


def test_a_file_longer_than_an_answer_comes_in_pieces(
    home: Home, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "LIMIT", 10_000)
    path = checkpoint(there(), 1, os.urandom(35_000))
    checkpoint(there(), 2, b"")
    calls = 0

    def breaks(known: bytes) -> bytes:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Unreachable("gone")
        return ship(known)

    with pytest.raises(Unreachable, match="gone"):
        home.fetch(breaks, print)
    assert not folder(Store(results), 1).checkpoint.joinpath("last.ckpt").exists()
    path.write_bytes(os.urandom(25_000))  # another state meanwhile
    assert fetch(home) == (0, [])
    assert contents(results) == contents(there().layout.results)


def test_checkpoints_come_of_unfinished_trials_and_of_those_that_they_start_from(results: Path) -> None:
    for n in (1, 2, 3):
        checkpoint(there(), n, b"state")
    commit(there(), 1)
    commit(there(), 2)
    start = {"type": "trial", "id": spec(2).id, "path": "x"}
    there().begin(spec(4, init_from=start), CLASS, "me")

    def at(which: str) -> list[int]:
        to = results / which
        fetch(Home(to, which))  # type: ignore[arg-type]
        return [n for n in (1, 2, 3) if (folder(Store(to), n).checkpoint / "last.ckpt").exists()]

    assert {which: at(which) for which in ("unfinished", "all", "none")} == {
        "unfinished": [2, 3],
        "all": [1, 2, 3],
        "none": [],
    }


def test_a_state_from_the_middle_does_not_stay_beside_a_result(home: Home, results: Path) -> None:
    there().begin(spec(1), CLASS, "me")
    checkpoint(there(), 1, b"half")
    checkpoint(there(), 1, b"best", "best.ckpt")
    fetch(home)
    checkpoint(there(), 1, b"the end")
    commit(there(), 1)
    assert fetch(home)[0] == 1
    assert [path.name for path in folder(Store(results), 1).checkpoint.iterdir()] == ["best.ckpt"]


def test_nothing_but_a_result_comes_where_somebody_at_home_is_at_work(home: Home, results: Path) -> None:
    there().begin(spec(1), CLASS, "me")
    checkpoint(there(), 1, b"theirs")
    mine = checkpoint(Store(results), 1, b"mine")
    folder(Store(results), 1).lease.write_text("{}")
    fetch(home)
    assert mine.read_bytes() == b"mine"
    folder(Store(results), 1).lease.unlink()
    fetch(home)
    assert mine.read_bytes() == b"theirs"


def test_a_driver_is_seen_at_home_as_long_as_it_is_there_and_can_be_asked_to_stop(home: Home, results: Path) -> None:
    assert home.stops() is None
    with Presence(there().layout.results) as presence:
        fetch(home)
        assert [driver.token for driver in drivers(results)] == [presence.token]
        assert home.stops() is None
        stop_file(results, presence.token).touch()
        asked = home.stops()
        assert asked is not None
        stops(asked)
        assert presence.stop_file.exists()
    fetch(home)
    assert drivers(results) == []
    assert not stop_file(results, presence.token).exists()
    assert home.stops() is None


def test_a_driver_is_shown_as_long_as_somebody_looks(home: Home, results: Path) -> None:
    with Presence(there().layout.results):
        fetch(home)
        home.close()
        assert drivers(results) == []
        fetch(home)
        assert len(drivers(results)) == 1


def answer(*files: tuple[str, bytes], **index: object) -> Callable[[bytes], bytes]:
    """A machine that says just this."""
    entries = [{"name": name, "size": len(data), "changed": 1, "offset": 0, "bytes": len(data)} for name, data in files]
    told = json.dumps({"files": entries, "more": False, "drivers": [], **index}).encode()
    packed = pack([("index.json", told), *((str(i), data) for i, (_, data) in enumerate(files))])
    return lambda known: packed


TRIAL = f"trials/{'0' * 16}/{CLASS}"


@pytest.mark.parametrize(
    "name",
    [
        "/etc/x",
        "../x",
        f"{TRIAL}/../../../../x",
        f"{TRIAL}/.hidden",
        f"{TRIAL}/a/../b",
        f"trials/x/{CLASS}/status.json",
        f"{TRIAL}//x",
        f"{TRIAL}/lease.json",
        f"{TRIAL}/spec.json",
        f"{TRIAL}/curve.x.parquet",
        "trials/grid.json",
        "trials/measured.json",
        "trials/index.sqlite",
        ".drivers/x.json",
        f".drivers/{'0' * 32}.stop",
        f".drivers/{'0' * 32}.json",
        "g/report.html",
        "g/spent/../../x.json",
        f"{TRIAL}/{'x' * 250}",
        f"{'g' * 250}/grid.json",
        "",
    ],
)
def test_other_names_than_the_store_has_are_not_written(home: Home, results: Path, tmp_path: Path, name: str) -> None:
    before = contents(tmp_path)
    home.fetch(answer((name, b"{}")), lambda line: None)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "data", [b"", b"x" * 2000, pack([("index.json", b"{}")]), pack([("index.json", b"[]")]), pack([("other", b"")])]
)
def test_an_answer_that_is_none_is_a_machine_that_did_not_answer(home: Home, data: bytes) -> None:
    with pytest.raises(Unreachable, match="no results that can be read"):
        home.fetch(lambda known: data, print)


def test_a_link_in_an_answer_is_no_file(home: Home, results: Path) -> None:
    index = json.loads('{"files": [], "more": false, "drivers": []}')
    index["files"] = [{"name": "g/grid.json", "size": 0, "changed": 1, "offset": 0, "bytes": 0}]
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        text = json.dumps(index).encode()
        info = tarfile.TarInfo("index.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        link = tarfile.TarInfo("0")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(Unreachable):
        home.fetch(lambda known: data.getvalue(), print)
    assert contents(results) == {}


def test_a_machine_that_promises_more_for_ever_is_left(home: Home) -> None:
    with pytest.raises(Unreachable, match="sends nothing"):
        home.fetch(answer(more=True), print)


def test_a_record_that_was_forged_is_not_committed(home: Home, results: Path) -> None:
    commit(there(), 1)
    path = folder(there(), 1).result
    record = json.loads(path.read_bytes())
    names = [f"{part}.{record['record']['token']}.{kind}" for part, kind in PARTS.items()]
    beside = [(f"trials/{spec(1).id}/{CLASS}/{name}", (path.parent / name).read_bytes()) for name in names]
    for key, value in (("status", "won"), ("token", "../../x"), ("committed", 3), ("sha256", {}), ("sha256", [])):
        forged = json.loads(json.dumps(record))
        (forged if key == "status" else forged["record"])[key] = value
        forged["record"]["digest"] = "0" * 64
        text = encode(forged)
        digest = hashlib.sha256(text).hexdigest()
        text = text.replace(b'"digest": "' + b"0" * 64, f'"digest": "{digest}'.encode())
        said: list[str] = []
        machine = answer(*beside, (f"trials/{spec(1).id}/{CLASS}/result.json", text))
        assert home.fetch(machine, said.append) == 0
        assert "is not what tinker writes" in said[0]
    assert contents(results) == {}
    assert fetch(home) == (1, [])
