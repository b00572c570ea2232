"""The console: the page at `/`, and the files that it loads."""

from __future__ import annotations

from aiohttp import web

from gateway.console.files import respond


async def index(request: web.Request) -> web.StreamResponse:
    """The console: lists, playlists and settings for people; jobs, models and the mesh for its operator."""
    return respond(request, "index.html")


async def asset(request: web.Request) -> web.StreamResponse:
    """A file of the console."""
    return respond(request, f"assets/{request.match_info['name']}")
