"""A request line of the upload socket: one JSON map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from contract.errors import InvalidRequest
from gateway.upload.options import UploadOptions, read_options

UPLOAD: Final = "upload"
EMBED: Final = "embed"
STATUS: Final = "status"
ACTIONS: Final = (UPLOAD, EMBED, "health", STATUS, "flush")
#: Longest string of a request, in characters.
MAX_STRING: Final = 4096


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request. An upload's line has no `action`."""

    action: str
    name: str = ""
    music_file: str = ""
    cue_file: str = ""
    track_id: str = ""
    artist: str = ""
    title: str = ""
    alternate_names: tuple[str, ...] = ()
    options: UploadOptions = field(default_factory=UploadOptions)


def parse_line(raw: bytes) -> RequestLine:
    """Parse a request. Raises `InvalidRequest`, which names the field."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"expected one line of JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidRequest('expected a JSON map such as {"action": "health"}')
    action = value.get("action", UPLOAD)
    if action not in ACTIONS:
        raise InvalidRequest(f"action: expected one of {', '.join(ACTIONS)}", {"field": "action"})
    line = RequestLine(
        action,
        _text(value, "name"),
        _text(value, "music_file"),
        _text(value, "cue_file"),
        _text(value, "track_id"),
        _text(value, "artist"),
        _text(value, "title"),
        _texts(value, "alternate_names"),
        read_options(value.get("settings")),
    )
    needed = {UPLOAD: ("music_file",), EMBED: ("music_file", "track_id")}.get(action, ())
    for name in needed:
        if not getattr(line, name):
            raise InvalidRequest(f"{name}: expected a non-empty string", {"field": name})
    if action == STATUS and not (line.track_id or line.title):
        raise InvalidRequest("track_id: expected a non-empty string, or a title", {"field": "track_id"})
    return line


def _text(value: dict[str, Any], name: str) -> str:
    text = value.get(name)
    if text is None:
        return ""
    if not isinstance(text, str) or len(text) > MAX_STRING or "\0" in text:
        raise InvalidRequest(f"{name}: expected a string of at most {MAX_STRING} characters", {"field": name})
    return text


def _texts(value: dict[str, Any], name: str) -> tuple[str, ...]:
    texts = value.get(name)
    if texts is None:
        return ()
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidRequest(f"{name}: expected a list of strings", {"field": name})
    return tuple(texts)
