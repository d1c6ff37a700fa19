"""What a grid's rented machines have cost, as the launcher writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tinker.errors import UserError
from tinker.store.layout import Layout
from tinker.store.rented import Pod, Rented, read_rented, write_rented

POD = Pod("f-1", "abc", "EU-RO-1", "an/image:1", 0.69, 3600.0, 0.69, True)
FLEET = Rented("f", "RTX 4090", 1, "2026-01-01T00:00:00+00:00", None, 0.69, False, (POD,))


def test_what_was_written_is_read_and_the_last_word_counts(tmp_path: Path) -> None:
    assert read_rented(tmp_path, "g") == []
    write_rented(tmp_path, "g", FLEET)
    other = replace(FLEET, fleet="e", pods=(replace(POD, data_center=None),))
    write_rented(tmp_path, "g", other)
    ended = replace(FLEET, until="2026-01-01T01:00:00+00:00", billed=True)
    write_rented(tmp_path, "g", ended)
    assert read_rented(tmp_path, "g") == [other, ended]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fleet": "f"}'])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    write_rented(tmp_path, "g", FLEET)
    path = Layout(tmp_path).rented("g") / "f.json"
    path.write_text(text)
    with pytest.raises(UserError, match=r"f\.json: what a rented fleet has cost cannot be read"):
        read_rented(tmp_path, "g")


def test_a_fleet_has_a_name_that_can_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        write_rented(tmp_path, "g", replace(FLEET, fleet="../x"))
