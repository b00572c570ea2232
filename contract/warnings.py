"""Warnings: what had no effect, or is less than was asked for. A code for programs, a message for people.

HTTP shows the messages as `warnings` and the codes, place by place, as `warning_codes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from contract.message import Message, message


class WarningCode(StrEnum):
    """Every code; the docstring of each says when it comes."""


@message
class Warned(Message):
    """One warning. `detail` holds what the code is about (a model, a count), as far as a program may want it."""

    code: WarningCode
    message: str
    detail: dict[str, Any] | None = None


def once(warnings: Iterable[Warned]) -> list[Warned]:
    """The warnings in their order, each message once."""
    return list({warned.message: warned for warned in warnings}.values())
