"""Normalises the addresses of OpenAI-compatible endpoints, so that they can be compared."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}
#: Path of chat completions below an endpoint's base address.
CHAT: Final = "/chat/completions"
#: Longest address, in characters.
MAX_LENGTH: Final = 2000


def normal_endpoint(address: str) -> str:
    """Return `scheme://host[:port]/path` for a base address or its `/chat/completions`. Raises `ValueError`."""
    if len(address) > MAX_LENGTH or not address.isprintable() or " " in address:
        raise ValueError("this is not the address of an endpoint")
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://api.openai.com/v1, without user, query or fragment")
    port = parts.port  # raises ValueError if invalid
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.lower()
    where = host if port in {None, _PORTS[parts.scheme]} else f"{host}:{port}"
    path = parts.path.rstrip("/").removesuffix(CHAT).rstrip("/")
    if any(step in {".", ".."} or "%" in step for step in path.split("/")):
        raise ValueError("expected a plain path")
    return f"{parts.scheme}://{where}{path}"
