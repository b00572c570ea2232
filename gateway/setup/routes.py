"""Endpoints of the first run. Each answers 409 once the mesh is set up, except the one that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contract.errors import (
    Busy,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Internal,
    ModelUnavailable,
    NotFound,
    Unauthorized,
)
from contract.setup import (
    Applied,
    ApplyRequest,
    CheckRequest,
    CostRequest,
    ModelCost,
    SetupCheck,
    SetupFindings,
    SetupModels,
)
from gateway.http.endpoint import BODY, Endpoint
from gateway.setup import handlers
from gateway.setup.guard import before_set_up
from gateway.setup.schema import SetupState

ROOT: Final = "/api/recommendations/setup"
TAG: Final = "setup"

_PARTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", "/look", handlers.look, TAG, reply=SetupFindings),
    Endpoint("POST", "/check", handlers.check, TAG, CheckRequest, reply=SetupCheck, codes=BODY),
    Endpoint("GET", "/models", handlers.models, TAG, reply=SetupModels),
    Endpoint("POST", "/cost", handlers.cost, TAG, CostRequest, reply=ModelCost, codes=(*BODY, ModelUnavailable)),
    Endpoint("POST", "/apply", handlers.apply, TAG, ApplyRequest, reply=Applied, codes=(*BODY, NotFound)),
)


def _guarded(endpoint: Endpoint) -> Endpoint:
    codes = (*endpoint.codes, Conflict, Unauthorized, Forbidden, Busy, DeadlineExceeded, Internal)
    handler = before_set_up(endpoint.handler)
    return replace(endpoint, path=f"{ROOT}{endpoint.path}", handler=handler, codes=codes, open=True)


#: People have no account before the mesh knows their Navidrome: the handlers check who is asking.
ENDPOINTS: Final[Sequence[Endpoint]] = (
    Endpoint("GET", ROOT, handlers.state, TAG, reply=SetupState, open=True),
    *map(_guarded, _PARTS),
)
