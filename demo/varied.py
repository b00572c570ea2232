"""A larger library of short pieces: new compositions in the demo's styles, with their tags."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from demo.catalogue import Entry, Format, full

#: Uncompressed files, the cheapest to write and read.
PLAIN: Final = Format("wav", 22050, 1)


def varied(tracks: int, seconds: float = 4.0) -> tuple[Entry, ...]:
    """Return `tracks` different pieces of `seconds`, style after style, on their own albums in the first library."""
    pieces = [entry for entry in full() if entry.kind == "normal" and entry.style]
    return tuple(entry for entry, _ in zip(_rounds(pieces, seconds), range(tracks), strict=False))


def _rounds(pieces: list[Entry], seconds: float) -> Iterator[Entry]:
    by_style = sorted(pieces, key=lambda entry: (entry.number, entry.style))
    turn = 0
    while True:
        turn += 1
        for place, entry in enumerate(by_style):
            yield replace(
                entry,
                path=f"{turn}/{place:02}.{PLAIN.suffix}",
                library=1,
                title=f"{entry.title} {turn}",
                album=f"{entry.album} {turn}",
                seed=f"{entry.style}/{entry.title}/{turn}",
                seconds=seconds,
                format=PLAIN,
                take="studio",
                guest=None,
            )
