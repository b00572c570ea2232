"""The trace id of the current request."""

from __future__ import annotations

from contextvars import ContextVar

#: Set by the trace middleware; included in calls into the mesh and in log lines.
TRACE: ContextVar[str] = ContextVar("trace", default="")
