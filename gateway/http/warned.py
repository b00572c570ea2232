"""Warnings over HTTP: messages for people, and a parallel list of their codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contract.warnings import Warned, once


def warned(warnings: Iterable[Warned], *, camel: bool = False) -> dict[str, Any]:
    """Return `{"warnings": [message], "warning_codes": [code]}`, each message once; `camel`: `warningCodes`."""
    distinct = once(warnings)
    codes = "warningCodes" if camel else "warning_codes"
    return {"warnings": [warning.message for warning in distinct], codes: [warning.code for warning in distinct]}
