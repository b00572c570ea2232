"""The pages about the mesh itself: `/`, `/docs`, `/openapi.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.http.base_path import base_path
from gateway.http.reply import json_reply
from gateway.keys import ENDPOINTS, MODEL_DIRECTORY, SETTINGS

STATIC: Final = Path(__file__).resolve().parent / "static"
#: Policy for our pages: they load nothing from other sites and cannot be framed.
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


async def openapi(request: web.Request) -> web.StreamResponse:
    """The OpenAPI 3.1 description of this interface."""
    from gateway.http.openapi import document  # takes 1 MB, and few ask for it

    known = await request.app[MODEL_DIRECTORY].known()
    prefix = base_path(request, request.app[SETTINGS])
    return json_reply(document(request.app[ENDPOINTS], sorted(known), prefix))


async def docs(_request: web.Request) -> web.StreamResponse:
    """The API documentation as a web page."""
    return page("docs.html")


def page(name: str) -> web.StreamResponse:
    """Return one of our self-contained pages."""
    return web.Response(
        body=(STATIC / name).read_bytes(),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": PAGE_POLICY},
    )
