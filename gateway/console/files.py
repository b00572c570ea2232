"""The built files of the console, read once: `index.html` and `assets/`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from contract.errors import NotFound

STATIC: Final = Path(__file__).resolve().parent / "static"
#: Kinds of files that a build may have. `nosniff` makes the type binding.
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}
#: Browsers may keep files for a year, since their names contain their hashes. They check the document, which names the
#: files, on every load.
FOREVER: Final = "public, max-age=31536000, immutable"
ALWAYS_ASK: Final = "no-cache"
#: The page loads nothing from other sites, runs no script of its own text, and cannot be framed.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file; `tag` is its ETag, without quotes."""

    body: bytes
    kind: str
    tag: str
    cache: str


@cache
def built() -> Mapping[str, File]:
    """Return every file by its path below the page; `index.html` is the document."""
    found = {}
    for path in sorted(STATIC.rglob("*")):
        if path.is_file() and path.suffix in TYPES:
            name = path.relative_to(STATIC).as_posix()
            body = path.read_bytes()
            tag = hashlib.sha256(body).hexdigest()[:32]
            found[name] = File(body, TYPES[path.suffix], tag, FOREVER if name.startswith("assets/") else ALWAYS_ASK)
    return found


def respond(request: web.Request, name: str) -> web.Response:
    """Return one of the files, or 304 if the browser has it. Raises `NotFound`."""
    file = built().get(name)
    if file is None:
        raise NotFound(f"the console has no file {name[:80]!r}; reload the page")
    headers = {**HEADERS, "Cache-Control": file.cache, "Content-Type": file.kind, "Vary": "Accept-Encoding"}
    known = any(tag.value in {file.tag, "*"} for tag in request.if_none_match or ())
    response = web.Response(status=304, headers=headers) if known else web.Response(body=file.body, headers=headers)
    response.etag = file.tag
    if not known and len(file.body) > 1024:
        response.enable_compression()
    return response
