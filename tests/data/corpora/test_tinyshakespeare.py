"""The published reference corpus: found, checked, split as published."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tinker.data.corpora import tinyshakespeare
from tinker.data.corpora.tinyshakespeare import TinyShakespeare, locate
from tinker.errors import UserError

CONTENT = b"First Citizen, in short."

needs_the_file = pytest.mark.skipif(
    not any(
        Path(os.environ.get("TINKER_DATA", "/nowhere"), name).is_file() for name in ("tinyshakespeare.txt", "input.txt")
    ),
    reason="TINKER_DATA names no folder that holds tinyshakespeare.txt",
)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders `own` and `cache`, a short text in place of the published one, and a network that is not there."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("TINKER_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("TINKER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(tinyshakespeare, "URL", "http://127.0.0.1:9/input.txt")
    monkeypatch.setattr(tinyshakespeare, "SHA256", hashlib.sha256(CONTENT).hexdigest())
    return tmp_path


@pytest.mark.parametrize("place", ["own/tinyshakespeare.txt", "own/input.txt", "cache/tinyshakespeare.txt"])
def test_it_is_found_in_each_place_without_a_connection(places: Path, place: str) -> None:
    (places / place).parent.mkdir(exist_ok=True)
    (places / place).write_bytes(CONTENT)
    assert locate() == CONTENT


@pytest.mark.parametrize("own", [True, False])
def test_without_file_and_connection_the_message_names_three_ways_out(
    places: Path, own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not own:
        monkeypatch.delenv("TINKER_DATA")
    with pytest.raises(UserError) as caught:
        locate()
    message = str(caught.value)
    assert "set TINKER_DATA to a folder" in message
    assert f"put the file at {places / 'cache' / 'tinyshakespeare.txt'}" in message
    assert "connect to the network" in message
    assert (str(places / "own") if own else "not set") in message


def test_a_file_with_another_checksum_is_named_with_both_hashes(places: Path) -> None:
    wrong = places / "own" / "tinyshakespeare.txt"
    wrong.write_bytes(b"something else")
    with pytest.raises(UserError) as caught:
        locate()
    for part in (str(wrong), hashlib.sha256(b"something else").hexdigest(), hashlib.sha256(CONTENT).hexdigest()):
        assert part in str(caught.value)


def test_a_download_is_checked_and_kept(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served = places / "served.txt"
    monkeypatch.setattr(tinyshakespeare, "URL", served.as_uri())
    served.write_bytes(b"a captive portal's page")
    with pytest.raises(UserError, match="sha256"):
        locate()
    assert not (places / "cache").exists()
    served.write_bytes(CONTENT)
    assert locate() == CONTENT
    served.unlink()
    assert locate() == CONTENT
    assert [path.name for path in (places / "cache").iterdir()] == ["tinyshakespeare.txt"]


@needs_the_file
def test_the_standard_split_has_65_characters_and_the_published_lengths() -> None:
    corpus = TinyShakespeare(TinyShakespeare.Config())
    assert corpus.vocab_size == 65
    assert (len(corpus.tokens.train), len(corpus.tokens.val)) == (1_003_854, 111_540)
    assert corpus.val_bytes == 111_539
    assert corpus.tokens.train[:5].tolist() == [18, 47, 56, 57, 58]  # "First" among the sorted characters
    weights = sum(int(batch.weight.sum()) for batch in corpus.validation(context=64, batch_size=128))
    assert weights == 111_539
