"""The console's files, as browsers and the caches before them keep them."""

from __future__ import annotations

from aiohttp.test_utils import make_mocked_request

from gateway.console.files import ALWAYS_ASK, FOREVER, built, respond


def test_caches_are_told_what_they_may_keep() -> None:
    """A cache that all people share must not give a compressed file to a browser that takes none."""
    for name, cache in (("index.html", ALWAYS_ASK), (next(each for each in built() if each.endswith(".js")), FOREVER)):
        answer = respond(make_mocked_request("GET", "/"), name)
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == (cache, "Accept-Encoding")
        assert answer.etag is not None
        again = respond(make_mocked_request("GET", "/", {"If-None-Match": f'"{answer.etag.value}"'}), name)
        assert (again.status, again.headers["Vary"]) == (304, "Accept-Encoding")
