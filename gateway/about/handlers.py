"""The pages about the mesh itself: `/`, `/docs`, `/openapi.json`."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from gateway.http.openapi import document
from gateway.http.reply import json_reply
from gateway.keys import CATALOGUE, ENDPOINTS

STATIC = Path(__file__).resolve().parent / "static"
#: What our pages may do: nothing from elsewhere is loaded, nobody frames them.
PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


async def openapi(request: web.Request) -> web.StreamResponse:
    """This interface as OpenAPI 3.1."""
    known = await request.app[CATALOGUE].known()
    return json_reply(document(request.app[ENDPOINTS], sorted(known)))


async def docs(_request: web.Request) -> web.StreamResponse:
    """This interface for people."""
    return page("docs.html")


async def console(_request: web.Request) -> web.StreamResponse:
    """What the mesh does now, live, and more like a track."""
    return page("console.html")


def page(name: str) -> web.StreamResponse:
    """One of our own pages; everything it needs is in it."""
    return web.Response(
        body=(STATIC / name).read_bytes(),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": PAGE_POLICY},
    )
