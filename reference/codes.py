"""`errors.md` and `warnings.md`: every code."""

from __future__ import annotations

from typing import Final

from contract.errors import ERRORS
from contract.warnings import WarningCode
from reference.markdown import doc, joined, opening, table
from reference.notes import notes

ERRORS_TOLD: Final = (
    "Every code that an error may carry: in the reply of a call, in the answer of an HTTP request "
    "([http.md](../use/http.md#errors) says what to do), in the failures of a job. `message` is for "
    "people, `detail` for programs. A code that a client does not know counts as `internal`."
)
WARNINGS_TOLD: Final = (
    "What had no effect or was only partly possible. HTTP returns the texts in `warnings` and their "
    "codes, in the same order, in `warning_codes`."
)


def errors() -> str:
    """Returns the page of errors, by HTTP status."""
    ordered = sorted(ERRORS.values(), key=lambda kind: (kind.status, kind.code))
    rows = [(f"`{kind.code}`", str(kind.status), doc(kind), f"`{kind.__name__}`") for kind in ordered]
    told = opening("Errors", ERRORS_TOLD, "`contract/errors.py`")
    return joined([told, table(("code", "HTTP status", "meaning", "in Python"), rows)])


def warnings() -> str:
    """Returns the page of warnings."""
    meant = notes(WarningCode)
    rows = [(f"`{code.value}`", meant.get(code.name, "")) for code in WarningCode]
    told = opening("Warnings", WARNINGS_TOLD, "`contract/warnings.py`")
    return joined([told, table(("code", "meaning"), rows)])
