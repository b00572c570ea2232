"""What every server under test does: JSON in, a small vector of the text, JSON out. Imports nothing."""

from __future__ import annotations

from typing import Any, Final

#: Numbers of a vector; every text has at least as many characters.
DIMENSION: Final = 16
MODEL: Final = "echo"


def numbers(text: str) -> list[float]:
    """The first bytes of a text."""
    return [float(byte) for byte in text.encode()[:DIMENSION]]


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The body that the gateway's `POST /embed_text` answers, made from the body that it takes."""
    return {"embedding": numbers(asked["text"]), "model": asked["model"], "dimension": DIMENSION, "is_stub": False}
