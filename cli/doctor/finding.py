"""The result of one check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

OK: Final = "ok"
#: Works, but not well.
NOTE: Final = "note"
#: Does not work.
WRONG: Final = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject`: what was checked; `advice`: what to do, empty if all is well."""

    subject: str
    status: str
    message: str
    advice: str = ""

    def to_wire(self) -> dict[str, Any]:
        return asdict(self)


Findings: TypeAlias = Iterator[Finding]


def ok(subject: str, message: str) -> Finding:
    """Make a finding that all is well."""
    return Finding(subject, OK, message)


def note(subject: str, message: str, advice: str) -> Finding:
    """Make a finding that the operator should know about."""
    return Finding(subject, NOTE, message, advice)


def wrong(subject: str, message: str, advice: str) -> Finding:
    """Make a finding that the operator should fix."""
    return Finding(subject, WRONG, message, advice)
