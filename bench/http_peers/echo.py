"""The work of every server under test: JSON in, a small vector of the text, JSON out. Imports nothing."""

from __future__ import annotations

from typing import Any, Final

#: Numbers in a vector; every text has at least as many characters.
DIMENSION: Final = 16
MODEL: Final = "echo"


def numbers(text: str) -> list[float]:
    """Returns the first bytes of a text."""
    return [float(byte) for byte in text.encode()[:DIMENSION]]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Returns the body that the gateway's `POST /embed_text` answers to a request body."""
    return {"embedding": numbers(asked["text"]), "model": asked["model"], "dimension": DIMENSION, "is_stub": False}
