"""A grid's arms as lines: a sign for each seed, as far as the width allows, and the running comparison beside them."""

from __future__ import annotations

from rich.text import Text

from tinker.schedule.live.board import GridState
from tinker.schedule.live.sheet import Cell, Row
from tinker.schedule.live.words import SIGNS

#: Columns of a cell that has room for a percentage, and between two parts of a line.
WIDE, GAP = 5, "  "
#: An arm's name may take this share of the line.
NAME_SHARE = 3
#: Columns that the cells get at least; what does not fit beside them is left out.
CELLS = 12


class Table:
    """The sheet that a grid is at, laid out for a terminal of that width."""

    def __init__(self, state: GridState, width: int, *, plain: bool) -> None:
        self.state, self.width, self.plain = state, width, plain
        self.rows = state.sheet.rows
        self.compares = state.phase == "comparing" and state.shown is not None and len(self.rows) > 1

    def lines(self, most: int) -> list[Text]:
        """The arms, `most` lines of them; those that are left out are counted in the last."""
        rows = self._chosen(most)
        name = min(max((len(row.arm) for row in rows), default=0), self.width // NAME_SHARE)
        effects, effect = self._beside(rows, self.width - name - 2 * len(GAP) - CELLS)
        columns = self.width - name - (effect + len(GAP) if effect else 0) - len(GAP)
        most_cells = max((len(row.cells) for row in self.rows.values()), default=0)
        cell_width = WIDE if most_cells * WIDE <= columns else 1 if most_cells <= columns else 0
        counts = {} if cell_width else self._counts(rows, columns)
        filled = most_cells * cell_width or max(map(len, counts.values()), default=0)
        lines = self._head(name, cell_width)
        for row in rows:
            line = Text(_cut(row.arm, name).ljust(name) + GAP, no_wrap=True, overflow="crop")
            before = line.cell_len
            for cell in row.cells.values() if cell_width else ():
                line.append(*self._sign(cell, cell_width))
            line.append(counts.get(row.arm, ""))
            line.append(" " * (before + filled - line.cell_len))
            lines.append(line.append(GAP + effects[row.arm] if effects[row.arm] else ""))
        hidden = [row for row in self.rows.values() if row not in rows]
        if hidden:
            lines.append(Text(f"and {len(hidden)} more arms: {counted(hidden)}", style="dim"))
        if self.compares and effect:
            lines.append(self._caption())
        return lines

    def _chosen(self, most: int) -> list[Row]:
        """The control, then arms at work, then the first of the others; in the grid's order."""
        every = list(self.rows.values())
        if len(every) <= most:
            return every
        control = self.state.shown.control if self.state.shown else ""

        def rank(row: Row) -> tuple[bool, bool]:
            return row.arm != control, not row.counts["running"]

        chosen = {row.arm for row in sorted(every, key=rank)[: max(1, most - 1)]}
        return [row for row in every if row.arm in chosen]

    def _beside(self, rows: list[Row], room: int) -> tuple[dict[str, str], int]:
        """The running comparison by arm, as much of it as there is room for, and how wide that is."""
        for verdicts in (True, False):
            said = {row.arm: self._effect(row, verdicts) for row in rows}
            width = max(map(len, said.values()), default=0)
            if width <= room:
                return said, width
        return {row.arm: "" for row in rows}, 0

    def _effect(self, row: Row, verdicts: bool) -> str:
        if not self.compares or self.state.effects is None or self.state.shown is None:
            return ""
        if row.arm == self.state.shown.control:
            return "control"
        effect, verdict = self.state.effects.of(row, self.rows), self.state.verdicts.get(row.arm)
        parts = [str(effect)] if effect else []
        parts += [f"look {verdict.look}: {verdict.word}"] if verdict and verdicts else []
        return GAP.join(parts)

    def _caption(self) -> Text:
        shown = self.state.shown
        assert shown is not None
        level = f"{100 * (1 - shown.alpha):g} %"
        diverged = ", without diverged runs" if any(row.counts["diverged"] for row in self.rows.values()) else ""
        said = f"difference to {shown.control} in {shown.metric} with its {level} interval{diverged}"
        return Text(f"{said}; not a look: no verdict", style="dim")

    def _head(self, name: int, cell_width: int) -> list[Text]:
        """The seeds, where they have columns of their own."""
        longest = max(self.rows.values(), key=lambda row: len(row.cells))
        labels = list(longest.cells)
        if cell_width != WIDE or self.state.phase != "comparing" or max(map(len, labels)) >= WIDE:
            return []
        return [Text("seed".ljust(name)[:name] + GAP + "".join(label.rjust(WIDE) for label in labels), style="dim")]

    def _sign(self, cell: Cell, cell_width: int) -> tuple[str, str]:
        sign, ascii_sign, style = SIGNS[cell.state]
        if cell.state == "running":
            text = f"{cell.fraction:.0%}" if cell_width == WIDE else str(min(9, int(10 * cell.fraction)))
        else:
            text = ascii_sign if self.plain else sign
        return text.rjust(cell_width), style

    def _counts(self, rows: list[Row], room: int) -> dict[str, str]:
        """`64 done, 1 failed` by arm where seeds have no room; `64o 1x` where that has none either."""
        words = {row.arm: counted([row]) for row in rows}
        if max(map(len, words.values()), default=0) <= room:
            return words
        place = 1 if self.plain else 0
        signs = {row.arm: " ".join(f"{row.counts[s]}{SIGNS[s][place]}" for s in SIGNS if row.counts[s]) for row in rows}
        return {arm: text[:room] for arm, text in signs.items()}


def counted(rows: list[Row]) -> str:
    """`1,203 done, 5 failed` of several arms together."""
    totals = {state: sum(row.counts[state] for row in rows) for state in SIGNS}
    return ", ".join(f"{count:,} {state}" for state, count in totals.items() if count)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 2)] + ".."
