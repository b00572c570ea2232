"""The output of every bench: one row per figure with its goal beside it, as a table or JSON, and an exit code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Against:
    """What a figure compares: ours, and that of a peer, in the same unit."""

    peer: str
    ours: float
    theirs: float
    unit: str


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `goal` is its wording ("" for none), `met` is None if there is no goal.

    `against` tells what a ratio or a difference was made of.
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    against: Against | None = None


def report(title: str, rows: Sequence[Row], as_json: bool) -> int:
    """Print the rows; returns the exit code of the bench: 1 if a goal was missed, else 0."""
    missed = any(row.met is False for row in rows)
    if as_json:
        print(json.dumps({"title": title, "met": not missed, "rows": [asdict(row) for row in rows]}, indent=2))
    else:
        print(table(title, rows))
    return int(missed)


def table(title: str, rows: Sequence[Row]) -> str:
    """Returns the rows as aligned text."""
    width = max((len(row.name) for row in rows), default=0)
    lines = [title, *(f"  {row.name:<{width}}  {row.value:>12,.4g} {row.unit:<10} {_beside(row)}" for row in rows)]
    return "\n".join(line.rstrip() for line in lines)


def verdict(row: Row) -> str:
    """Returns whether the goal was met; "" if there is none."""
    return "" if row.met is None else "met" if row.met else "MISSED"


def _beside(row: Row) -> str:
    peer = "" if row.against is None else f"{row.against.peer} {row.against.theirs:,.4g} {row.against.unit}"
    goal = row.goal if row.met is None else f"goal {row.goal}: {verdict(row)}"
    return "; ".join(filter(None, (goal, peer)))
