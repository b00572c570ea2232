"""Styles: each composes pieces of its own kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from demo.score import Piece
from demo.styles import ambient, chiptune, choir, jazz, metal, piano, strings, techno

#: (random generator, seconds, which of the style's artists plays) -> a piece.
Composer: TypeAlias = Callable[[np.random.Generator, float, int], Piece]

STYLES: Final[dict[str, Composer]] = {
    "piano": piano.compose,
    "strings": strings.compose,
    "techno": techno.compose,
    "chiptune": chiptune.compose,
    "metal": metal.compose,
    "ambient": ambient.compose,
    "jazz": jazz.compose,
    "choir": choir.compose,
}
