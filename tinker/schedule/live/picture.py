"""One picture of the run, as lines of text that fit a terminal."""

from __future__ import annotations

from rich.text import Text

from tinker.schedule.live.board import Board, GridState
from tinker.schedule.live.table import Table
from tinker.schedule.live.words import SIGNS, State, dollars, duration, per_hour

#: Lines that a grid's table takes beside its arms: its title, the seeds, and what its columns mean.
AROUND = 4


def picture(board: Board, width: int, height: int, *, plain: bool = False) -> list[Text]:
    """The lines, the first `height` of which are meant to be seen; `plain` is ASCII."""
    if "" in board.grids:
        return [_lone(board, width)]
    below = [line for line in (summary(board), *_failures(board, width)) if line.plain]
    legend = _legend(plain)
    room = height - _height([Text(""), *below, legend], width)
    lines: list[Text] = []
    open_grids = [state for state in board.grids.values() if state.sheet.rows]
    for place, state in enumerate(open_grids):
        table = Table(state, width, plain=plain)
        share = room // (len(open_grids) - place)
        drawn = [title(state), *table.lines(max(1, share - AROUND))] if share > AROUND else [title(state)]
        lines += drawn
        room -= _height(drawn, width)
    return [*lines, Text(""), *below, *([legend] if open_grids and room >= 0 else [])]


def _height(lines: list[Text], width: int) -> int:
    """Lines on the screen: a long one takes several."""
    return sum(1 if line.no_wrap else -(-max(1, line.cell_len) // width) for line in lines)


def title(state: GridState) -> Text:
    """A grid's name, what it is at, and how far."""
    at = state.phase + (f", {state.words}" if state.words else "")
    return Text.assemble((state.name, "bold"), f": {at}: {counted(state.counts)}")


def counted(counts: dict[State, int]) -> str:
    """`12 of 84 done, 1 failed, 2 running`; a divergence is a result, and done."""
    done = counts["done"] + counts["diverged"]
    total = sum(counts.values()) - counts["not needed"]
    parts = [f"{done:,} of {total:,} done"]
    named: tuple[State, ...] = ("diverged", "failed", "running", "not needed")
    parts += [f"{counts[state]:,} {state}" for state in named if counts[state]]
    return ", ".join(parts)


def summary(board: Board) -> Text:
    """The rate, the time that is left, and the money."""
    rate, left, spent = board.pace.rate(board.clock()), board.left, board.spent
    parts = [] if rate is None else [per_hour(rate)]
    if left:
        parts.append(f"about {duration(left)} left")
    elif board.pace.began is None:
        parts.append("starting workers")
    if spent is not None:
        parts.append(f"{dollars(spent)} spent")
        elapsed = 0.0 if board.pace.began is None else board.clock() - board.pace.began
        if left and elapsed and spent:
            parts.append(f"about {dollars(spent / elapsed * left)} more")
    return Text(", ".join(parts))


def _failures(board: Board, width: int) -> list[Text]:
    lines: list[Text] = []
    for failure in board.failures:
        lines.append(Text.assemble((failure.label, "bold red"), f": failed: {failure.cause}"))
        if failure.log is not None:
            path = f"    {failure.log}"
            lines.append(Text(path if len(path) <= width else f"    tinker logs {failure.trial}", style="dim"))
    return lines


def _legend(plain: bool) -> Text:
    line = Text("")
    for state, (sign, ascii_sign, style) in SIGNS.items():
        shown = "0-9" if state == "running" else ascii_sign if plain else sign
        line.append(shown, style).append(f" {state}{' (tenths)' if state == 'running' else ''}  ", "dim")
    return line


def _lone(board: Board, width: int) -> Text:
    """One trial in this process: a bar."""
    for at_work in board.running.values():
        done, left = at_work.pace.now, board.left
        name = at_work.job.label + (" (probation)" if at_work.task == "probation" else "")
        rest = f" {done:4.0%}" + (f", about {duration(left)} left" if left else "")
        bar = max(0, min(30, width - len(name) - len(rest) - 2))
        full = int(done * bar)
        return Text.assemble(f"{name} ", ("#" * full, "green"), ("." * (bar - full), "dim"), rest)
    return Text("")
