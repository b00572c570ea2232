"""What one look brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

OK: Final = "ok"
#: Works, but will not please.
NOTE: Final = "note"
#: Does not work.
WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject`: what was looked at; `advice`: what to do, empty where all is well."""

    subject: str
    status: str
    message: str
    advice: str = ""

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


Findings: TypeAlias = Iterator[Finding]


def ok(subject: str, message: str) -> Finding:
    """All is well."""
    return Finding(subject, OK, message)


def note(subject: str, message: str, advice: str) -> Finding:
    """Something to know."""
    return Finding(subject, NOTE, message, advice)


def wrong(subject: str, message: str, advice: str) -> Finding:
    """Something to repair."""
    return Finding(subject, WRONG, message, advice)
