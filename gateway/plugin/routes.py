"""Endpoints for Navidrome's plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.errors import (
    Busy,
    DeadlineExceeded,
    Internal,
    InvalidRequest,
    NavidromeUnavailable,
    NotFound,
    NoWorker,
    StoreUnavailable,
    TooLarge,
)
from gateway.http.endpoint import Endpoint
from gateway.plugin import handlers as plugin
from gateway.plugin.schema import Mixes, MixesRequest

#: Errors that calls into the mesh can raise.
CODES: Final = (
    InvalidRequest,
    TooLarge,
    NoWorker,
    Busy,
    DeadlineExceeded,
    Internal,
    NavidromeUnavailable,
    StoreUnavailable,
)

ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint(
        "POST",
        "/plugin/mixes",
        plugin.mixes,
        "plugin",
        MixesRequest,
        reply=Mixes,
        codes=(*CODES, NotFound),
    ),
    *(
        Endpoint("POST", f"/plugin/{name}", plugin.function(name), "plugin", schema, codes=CODES)
        for name, (schema, _) in plugin.FUNCTIONS.items()
    ),
    Endpoint("POST", "/plugin/{function}", plugin.unknown, "plugin", codes=(*CODES, NotFound)),
)
