"""The request line of the socket: one JSON map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from broker.errors import InvalidRequest
from gateway.upload.options import Options, read_options

UPLOAD: Final = "upload"
EMBED: Final = "embed"
ACTIONS: Final = (UPLOAD, EMBED, "health", "status", "flush")
#: Longest string of a request, in characters.
MAX_STRING: Final = 4096


@dataclass(frozen=True, slots=True)
class Line:
    """One request. An upload has no `action` on the line."""

    action: str
    name: str = ""
    music_file: str = ""
    cue_file: str = ""
    track_id: str = ""
    options: Options = field(default_factory=Options)


def parse_line(raw: bytes) -> Line:
    """The request. Raises `InvalidRequest` that names the field."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"one line of JSON is expected: {error}") from None
    if not isinstance(value, dict):
        raise InvalidRequest('a JSON map is expected, such as {"action": "health"}')
    action = value.get("action", UPLOAD)
    if action not in ACTIONS:
        raise InvalidRequest(f"action: one of {', '.join(ACTIONS)} is expected", {"field": "action"})
    line = Line(
        action,
        _text(value, "name"),
        _text(value, "music_file"),
        _text(value, "cue_file"),
        _text(value, "track_id"),
        read_options(value.get("settings")),
    )
    needed = {UPLOAD: ("music_file",), EMBED: ("music_file", "track_id"), "status": ("track_id",)}.get(action, ())
    for name in needed:
        if not getattr(line, name):
            raise InvalidRequest(f"{name}: a non-empty string is expected", {"field": name})
    return line


def _text(value: dict[str, Any], name: str) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > MAX_STRING or "\0" in text:
        raise InvalidRequest(f"{name}: a string of at most {MAX_STRING} characters is expected", {"field": name})
    return text
