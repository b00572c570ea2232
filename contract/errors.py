"""Errors that cross process boundaries: one base class and one small class per code.

The code is the same on the wire, in HTTP and in the ledger of jobs.

A message tells the person who reads it what is wrong and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from contract.message import Message, message


class MeshError(Exception):
    """Base class of every error that a process may send to another.

    `code` is snake_case and public (see docs/develop/protocol.md); `detail` is msgpack- and JSON-friendly or None.
    """

    code: ClassVar[str] = "internal"
    #: HTTP status of a response with this error.
    status: ClassVar[int] = 500

    def __init__(self, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def to_wire(self) -> dict[str, Any]:
        """Returns `{code, message, detail}` for a reply header."""
        # Messages name files, and a file name may hold bytes that are not text.
        message = self.message.encode("utf-8", "replace").decode()
        return {"code": self.code, "message": message, "detail": self.detail}


@message
class ErrorInfo(Message):
    """An error as it is sent: `detail` is msgpack- and JSON-friendly or None."""

    code: str
    message: str
    detail: Any = None

    @classmethod
    def of(cls, error: MeshError) -> ErrorInfo:
        """Returns the info to send for an error."""
        return cls(**error.to_wire())


class InvalidRequest(MeshError):
    """The request is malformed; `detail` names the field."""

    code = "invalid_request"
    status = 400


class Unauthorized(MeshError):
    """The caller is not known."""

    code = "unauthorized"
    status = 401


class Forbidden(MeshError):
    """The caller is known but may not do this."""

    code = "forbidden"
    status = 403


class NotFound(MeshError):
    """The thing asked for does not exist."""

    code = "not_found"
    status = 404


class Conflict(MeshError):
    """The current state does not allow it (a job is already running, for instance)."""

    code = "conflict"
    status = 409


class Busy(MeshError):
    """A queue is full; `detail` may hold `retry_after` in seconds."""

    code = "busy"
    status = 429


class TooLarge(MeshError):
    """A body, list or file is over its limit."""

    code = "too_large"
    status = 413


class NoWorker(MeshError):
    """No worker serves this service, and none is expected."""

    code = "no_worker"
    status = 503


class ModelUnavailable(MeshError):
    """The model is known but cannot be used here now."""

    code = "model_unavailable"
    status = 503


class TextUnavailable(MeshError):
    """The model has no text side here."""

    code = "text_unavailable"
    status = 503


class StoreUnavailable(MeshError):
    """The vector store cannot be reached or opened."""

    code = "store_unavailable"
    status = 503


class NavidromeUnavailable(MeshError):
    """Navidrome, or its database, cannot be reached."""

    code = "navidrome_unavailable"
    status = 503


class DeadlineExceeded(MeshError):
    """The request's deadline passed before it was answered."""

    code = "deadline_exceeded"
    status = 504


class Poisoned(MeshError):
    """Several workers died on this request; it is not sent again."""

    code = "poisoned"


class Internal(MeshError):
    """A bug in the mesh: logged where it happened; the caller never sees a traceback."""

    code = "internal"


class BadAnswer(Internal):
    """A worker's reply does not fit the request."""


class TrackError(MeshError):
    """Base class of errors of one recording with one model; they appear in the ledger of jobs, not as HTTP errors."""


class DecodeFailed(TrackError):
    """No decoder could read the file."""

    code = "decode_failed"


class EmptyAudio(TrackError):
    """The file holds no samples."""

    code = "empty_audio"


class SilentAudio(TrackError):
    """The peak stays below -60 dBFS."""

    code = "silent_audio"


class FileMissing(TrackError):
    """The database names a file that is not there."""

    code = "file_missing"


class FileUnreadable(TrackError):
    """The file exists but cannot be read now: this user may not, or its disk or share fails."""

    code = "file_unreadable"


class OutOfMemory(TrackError):
    """The model or a single recording does not fit the device."""

    code = "out_of_memory"


class ModelFailed(TrackError):
    """The model raised an error or returned something that is not a vector."""

    code = "model_failed"


#: Errors of one recording.
TRACK_ERRORS: Final[Sequence[type[TrackError]]] = tuple(TrackError.__subclasses__())
ERRORS: Final[Mapping[str, type[MeshError]]] = {
    kind.code: kind for kind in (*MeshError.__subclasses__(), *TRACK_ERRORS) if kind is not TrackError
}
"""Every public code and its class; the class's docstring explains the code."""


def error_from_wire(error: Mapping[str, Any]) -> MeshError:
    """Returns the typed error for a reply header's `{code, message, detail}`; an unknown code becomes `Internal`."""
    code = str(error.get("code", Internal.code))
    cls = ERRORS.get(code, Internal)
    return cls(str(error.get("message", "")) or code, error.get("detail"))
