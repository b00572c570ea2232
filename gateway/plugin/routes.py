"""The endpoints of Navidrome's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.http.endpoint import Endpoint
from gateway.plugin import handlers as plugin
from gateway.plugin.schema import Mixes, MixesRequest

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

ENDPOINTS: Final[Sequence[Endpoint]] = (
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
