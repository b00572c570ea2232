"""The settings of one upload. They come from a browser form: any value may be a string, null or nonsense."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Longest text of a setting, in characters.
MAX_TEXT: Final = 8000
LEVELS: Final = ("none", "low", "medium", "high", "default")
_WORDS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Options of an upload; absent, null or invalid ones are defaults. `threshold` is on the calibrated scale, 0..1."""

    rename: bool = False
    prompt: str = ""
    endpoint: str = ""
    model: str = ""
    use_metadata: bool = True
    similar: bool = False
    threshold: float = 0.85
    reasoning: str = "default"


def read_options(value: object) -> UploadOptions:
    """Read the options from the map `settings`."""
    given: Mapping[Any, Any] = value if isinstance(value, Mapping) else {}
    default = UploadOptions()
    level = _text(given.get("reasoningLevel")).lower()
    return UploadOptions(
        rename=_flag(given.get("renameEnabled"), default.rename),
        prompt=_text(given.get("renamingPrompt")),
        endpoint=_text(given.get("openAiEndpoint")),
        model=_text(given.get("openAiModel")),
        use_metadata=_flag(given.get("useMetadata"), default.use_metadata),
        similar=_flag(given.get("similaritySearchEnabled"), default.similar),
        threshold=_share(given.get("dedupThreshold"), default.threshold),
        reasoning=level if level in LEVELS else default.reasoning,
    )


def _flag(value: object, default: bool) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return _WORDS.get(str(value).strip().lower(), default)
    return default


def _share(value: object, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return default
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return default
    return number if math.isfinite(number) and 0 <= number <= 1 else default


def _text(value: object) -> str:
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""
