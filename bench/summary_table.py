"""The table of `bench.summary`: what is ours, the peer or the limit, the ratio, the goal, and whether it is met."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.report import Row, verdict

HEAD: Final = ("figure", "ours", "peer or limit", "ratio", "goal", "met")
#: A goal with a number: `<= 10`, `>= 0.8 (...)`.
LIMIT: Final = re.compile(r"^[<>]= ([\d.]+)")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a bench; `problem` if it printed no rows."""

    command: str
    page: str
    rows: Sequence[Row]
    problem: str
    seconds: float

    @property
    def compared(self) -> list[Row]:
        """The rows that have a goal or a peer."""
        return [row for row in self.rows if row.met is not None or row.against is not None]

    @property
    def missed(self) -> bool:
        """Whether a goal was missed."""
        return any(row.met is False for row in self.rows)


def cells(row: Row) -> tuple[str, ...]:
    """Returns the cells of one line, in the order of `HEAD`."""
    if row.against is None:
        limit = LIMIT.match(row.goal)
        ratio = f"{row.value / float(limit[1]):.2f}" if limit and float(limit[1]) else ""
        return row.name, _number(row.value, row.unit), row.goal, ratio, row.goal, verdict(row)
    one = row.against
    if not row.unit:
        ratio = f"{row.value:.2f}"
    elif row.value == one.ours:
        ratio = f"{one.ours / one.theirs:.2f}" if one.theirs else ""
    else:  # a difference
        ratio = f"+ {_number(row.value, row.unit)}"
    peer = f"{one.peer}: {_number(one.theirs, one.unit)}"
    return row.name, _number(one.ours, one.unit), peer, ratio, row.goal, verdict(row)


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".strip()


def text(found: Sequence[Measured], conditions: str) -> str:
    """Returns the table for a terminal, a block per command."""
    lines = [line for each in found for line in map(cells, each.compared)]
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]

    def aligned(line: Sequence[str]) -> str:
        return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()

    made = [conditions, aligned(HEAD)]
    for each in found:
        made += ["", f"{each.command}   ({each.seconds:.0f} s)"]
        made += [f"  {each.problem}"] if each.problem else list(map(aligned, map(cells, each.compared)))
        made += [f"  missed; what was tried: docs/benchmarks/{each.page}"] if each.missed else []
    return "\n".join([*made, "", _total(found)])


def markdown(found: Sequence[Measured], conditions: str) -> str:
    """Returns the same as a page for docs/benchmarks."""
    made = ["# All goals", "", f"`make bench` made this page: {conditions}.", ""]
    made += [f"| {' | '.join((*HEAD, 'command'))} |", f"|{' --- |' * (len(HEAD) + 1)}", *_lines(found)]
    tried = dict.fromkeys(each.page for each in found if each.missed)
    made += ["", _total(found)]
    if tried:
        made += ["", "What was tried where a goal is missed:", "", *(f"- [{page}]({page})" for page in tried)]
    return "\n".join([*made, ""])


def _lines(found: Sequence[Measured]) -> Iterator[str]:
    for each in found:
        command = f"`{each.command}`"
        if each.problem:
            yield f"| {each.problem} | | | | | | {command} |"
        for row in each.compared:
            yield f"| {' | '.join((*cells(row), command))} |"
            command = '"'


def _total(found: Sequence[Measured]) -> str:
    goals = [row.met for each in found for row in each.rows if row.met is not None]
    failed = sum(bool(each.problem) for each in found)
    said = f"{sum(goals)} of {len(goals)} goals met"
    return f"{said}; {failed} benches failed" if failed else said
