"""The trace id of the request that is being answered."""

from __future__ import annotations

from contextvars import ContextVar

#: Set by the trace middleware; calls into the mesh and log lines carry it.
TRACE: ContextVar[str] = ContextVar("trace", default="")
