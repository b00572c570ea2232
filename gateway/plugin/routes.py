"""The endpoints of Navidrome's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.handlers import plugin
from gateway.openapi import Endpoint
from gateway.schemas.plugin import Mixes, MixesRequest

#: Error codes of everything that goes into the mesh.
CODES: Final = (
    "invalid_request",
    "too_large",
    "no_worker",
    "busy",
    "deadline_exceeded",
    "internal",
    "navidrome_unavailable",
    "store_unavailable",
)

PLUGIN: Final[Sequence[Endpoint]] = (
    Endpoint(
        "POST",
        "/plugin/mixes",
        plugin.mixes,
        "plugin",
        MixesRequest,
        reply=Mixes,
        codes=(*CODES, "not_found"),
    ),
    *(
        Endpoint("POST", f"/plugin/{name}", plugin.function(name), "plugin", schema, codes=CODES)
        for name, (schema, _) in plugin.FUNCTIONS.items()
    ),
    Endpoint("POST", "/plugin/{function}", plugin.unknown, "plugin", codes=(*CODES, "not_found")),
)
