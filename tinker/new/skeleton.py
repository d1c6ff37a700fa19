"""From a slot and a name to a variant that runs as it stands, and its test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from model.registry import Slot
from model.slots import FIELDS
from tinker.config.suggest import unknown
from tinker.errors import UserError
from tinker.train.slots import OPTIMIZER, SCHEDULE

TEMPLATES = Path(__file__).parent / "templates"

#: Where a config names a variant of the slot: for most, the slot's own name.
FIELD = {
    "softcap": "model.attention_softcap",
    "optimizer": "optimizer.type",
    "schedule": "schedule.type",
}


def slots() -> dict[str, Slot]:
    """The slots that a user can fill with a file of their own, by name."""
    return {slot.name: slot for slot in (*FIELDS.values(), OPTIMIZER, SCHEDULE)}


def key(slot: str) -> str:
    """The key of a config that chooses the variant: `model.attention`."""
    return FIELD.get(slot, f"model.{slot}")


def skeleton(slot: str, name: str) -> dict[str, str]:
    """The texts of `<name>.py` and `test_<name>.py`, by file name.

    Raises:
        UserError: no such slot, or a name that cannot be a type's or is one already.
    """
    known = slots()
    if slot not in known:
        raise UserError(unknown("slot", slot, known))
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise UserError(
            f"{name!r} is no name for a type; expected small letters, digits and single underscores, beginning with a "
            f"letter, such as my_idea"
        )
    hidden = find_spec(name)
    if hidden is not None and Path(hidden.origin or "").parent != Path.cwd():  # a file of the user's own hides nothing
        raise UserError(f"a file {name}.py would hide the module {name} from what runs beside it; choose another name")
    if name in known[slot].builtin_names():
        raise UserError(f"the slot {slot} has a type {name!r} already; choose another name")
    fill = {
        "my_idea": name,
        "MyIdea": "".join(part.capitalize() for part in name.split("_")),
        "the_key": key(slot),
    }
    return {
        f"{name}.py": _filled((TEMPLATES / f"{slot}.txt").read_text(), fill),
        f"test_{name}.py": _filled((TEMPLATES / "test.txt").read_text(), fill),
    }


def write(files: Mapping[str, str], folder: Path) -> list[Path]:
    """Writes the files into the folder; what is there already stays, and nothing is written then.

    Raises:
        UserError: no such folder, or a file of that name.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder")
    paths = [folder / name for name in files]
    for path in paths:
        if path.exists():
            raise UserError(f"{path} is there already; remove it, or choose another name or --to")
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text)
    return paths


def _filled(template: str, fill: Mapping[str, str]) -> str:
    for placeholder, text in fill.items():
        template = template.replace(placeholder, text)
    return template
