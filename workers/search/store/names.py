"""Names of generations inside the store: `{collection}__{dimension}__{generation}`.

The name includes the API's dimension because a projected vector no longer reveals it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from contract.errors import Conflict, InvalidRequest

SEPARATOR: Final = "__"
GENERATION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
#: Servers accept only letters, digits and underscores.
DASH: Final = "_x2d_"
#: The generation created when the first vectors arrive without one.
FIRST_GENERATION: Final = "g1"


@dataclass(frozen=True, slots=True)
class GenerationName:
    """One generation: its collection, its dimension at the API, its name."""

    collection: str
    dimension: int
    name: str

    @property
    def stored_name(self) -> str:
        """Name in the store."""
        return SEPARATOR.join((self.collection, str(self.dimension), self.name.replace("-", DASH)))

    def check(self, holds: int, stored: int, dimension: int) -> None:
        """Raises `Conflict` unless vectors of `dimension`, stored as `stored` values, fit; rows here have `holds`."""
        if self.dimension == dimension and holds == stored:
            return
        raise Conflict(
            f"generation {self.name!r} of {self.collection!r} holds vectors of {self.dimension} values and these have "
            f"{dimension}: another checkpoint or setting made them. Start a batch with clearExisting, which builds a "
            "new generation",
            {"expected": self.dimension, "got": dimension},
        )


def parse(stored_name: str) -> GenerationName | None:
    """Parse a stored name; None for a foreign collection."""
    parts = stored_name.split(SEPARATOR, 2)
    if len(parts) != 3 or not parts[1].isdigit():
        return None
    return GenerationName(parts[0], int(parts[1]), parts[2].replace(DASH, "-"))


def check_generation(name: object) -> str:
    """Returns `name` if it can name a generation. Raises `InvalidRequest`."""
    if not isinstance(name, str) or not GENERATION.fullmatch(name):
        raise InvalidRequest(
            "generation: expected 1 to 100 letters, digits, - or _, beginning with a letter or digit",
            {"field": "generation"},
        )
    return name
