"""Errors that cross process borders: one base class, one small class per code, the same code on the wire,
in HTTP and in the job's ledger.

A message is written for the person who reads it: what is wrong and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from contract.message import Message, message


class MeshError(Exception):
    """Base of every error that may be sent to another process.

    `code` is snake_case and public (see docs/develop/protocol.md); `detail` is msgpack- and JSON-friendly or None.
    """

    code: ClassVar[str] = "internal"
    #: HTTP status of an answer that is this error.
    status: ClassVar[int] = 500

    def __init__(self, message: str, detail: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def to_wire(self) -> dict[str, Any]:
        """`{code, message, detail}` as it goes into a reply header."""
        # A name of a file may hold bytes that are no text, and messages name files.
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
        """What is sent of an error."""
        return cls(**error.to_wire())


class InvalidRequest(MeshError):
    """The caller sent something that cannot be understood; `detail` names the field."""

    code = "invalid_request"
    status = 400


class Unauthorized(MeshError):
    """Nobody known is calling."""

    code = "unauthorized"
    status = 401


class Forbidden(MeshError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(MeshError):
    """What was asked for does not exist."""

    code = "not_found"
    status = 404


class Conflict(MeshError):
    """It cannot be done in the present state (a job is already running)."""

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
    """The model is known, but cannot be used here now."""

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
    """A defect of ours: logged where it happened, never a traceback to the caller."""

    code = "internal"


class BadAnswer(Internal):
    """A worker answered something that is no answer to what it was asked."""


class TrackError(MeshError):
    """Base of what is wrong with one recording and a model: kept in the ledger of jobs, and no code of HTTP's own."""


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
    """The file is there and cannot be read now: not by this user, or the disk or share that it is on fails."""

    code = "file_unreadable"


class OutOfMemory(TrackError):
    """The model or a single recording does not fit the device."""

    code = "out_of_memory"


class ModelFailed(TrackError):
    """The model raised, or answered something that is no vector."""

    code = "model_failed"


#: Codes of one recording.
TRACK_ERRORS: Final[Sequence[type[TrackError]]] = tuple(TrackError.__subclasses__())
ERRORS: Final[Mapping[str, type[MeshError]]] = {
    kind.code: kind for kind in (*MeshError.__subclasses__(), *TRACK_ERRORS) if kind is not TrackError
}
"""Every public code and its class, whose docstring is the code's meaning."""


def error_from_wire(error: Mapping[str, Any]) -> MeshError:
    """The typed error of a reply header's `{code, message, detail}`; an unknown code becomes `Internal`."""
    code = str(error.get("code", Internal.code))
    cls = ERRORS.get(code, Internal)
    return cls(str(error.get("message", "")) or code, error.get("detail"))
