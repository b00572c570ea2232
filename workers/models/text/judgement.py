"""Whether a trained text projection is used: only if it finds more held-out tracks than reading by words does."""

from __future__ import annotations

import json
from pathlib import Path


def judge(checkpoint: Path, styled: float, by_words: float) -> bool:
    """Write what was measured beside the checkpoint; return whether the projection is used."""
    used = styled >= by_words
    document = {"styled": round(styled, 4), "styled_by_words": round(by_words, 4), "used": used}
    _beside(checkpoint).write_text(json.dumps(document) + "\n")
    return used


def words_are_better(checkpoint: Path) -> str:
    """Return why a projection is not used; "" if it is. One that was never compared is used."""
    try:
        found = json.loads(_beside(checkpoint).read_text())
        if found["used"]:
            return ""
        return (
            f"reading by words finds more: {found['styled_by_words']:.0%} of the first ten have the style asked for, "
            f"{found['styled']:.0%} with {checkpoint.name}; remove {_beside(checkpoint).name} to use it anyway"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _beside(checkpoint: Path) -> Path:
    return checkpoint.with_suffix(".json")
