"""`embed.MODEL`: audio and text to vectors. Each model has a service of its own."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final, Literal

from contract.bounds import Ge, Le, MaxLen, MinLen
from contract.fields import Count, Dimension, Text
from contract.labels import AudioAnalysis
from contract.message import Message, Nothing, message
from contract.operation import ONE_VECTOR, Asyncio, Blocking, Operation

#: Prefix of these services' names.
PREFIX: Final = "embed."
#: Most texts in one call.
MAX_TEXTS: Final = 256
#: Most workers of one model that a caller may ask about.
MAX_WORKERS: Final = 1_000

#: The decoded audio is shorter than the database says.
TRUNCATED: Final = "truncated_audio"
AudioWarning = Literal["truncated_audio"]
TextStatus = Literal["available", "stub", "unavailable"]


def embedding_service(model: str) -> str:
    """Returns the name of a model's service."""
    return f"{PREFIX}{model}"


def model_of(service: str) -> str | None:
    """Returns the model of an embedding service, or None for any other service."""
    return service.removeprefix(PREFIX) if service.startswith(PREFIX) else None


@message
class AudioRequest(Message):
    """A file on this host: an absolute path, bytes if it is not UTF-8. `duration` in seconds, from the database."""

    path: str | bytes
    duration: float | None = None


@message
class AudioSeconds(Message):
    """Seconds that each stage of one recording took."""

    decode: float = 0.0
    queue: float = 0.0
    compute: float = 0.0


@message
class EmbeddedAudio(Message):
    """The vector is the blob. `duration` in seconds, as decoded."""

    dim: Dimension
    model_id: str
    duration: float | None
    warning: AudioWarning | None
    warning_message: str | None
    seconds: AudioSeconds
    #: What was heard beside the vector, if the model listens for it.
    analysis: AudioAnalysis | None = None


@message
class AnalyseRequest(Message):
    """A file as in `AudioRequest`. `tags`: also run the taggers, if the model has them; else only the signal counts."""

    path: str | bytes
    duration: float | None = None
    tags: bool = False


@message
class AnalysedAudio(Message):
    """What was heard. `duration` in seconds, as decoded."""

    analysis: AudioAnalysis
    duration: float | None
    seconds: AudioSeconds


@message
class TextRequest(Message):
    """Texts to embed."""

    texts: Annotated[list[Text], MinLen(1), MaxLen(MAX_TEXTS)]


@message
class EmbeddedTexts(Message):
    """The vectors are the blob."""

    dim: Dimension
    model_id: str
    is_stub: bool


@message
class Description(Message):
    """What a running worker reports about its model."""

    name: str
    dimension: Dimension
    model_id: str
    text: bool
    license: str
    description: str
    loaded: bool
    device: str
    status: Literal["available", "unavailable"]
    reason: str
    text_status: TextStatus = "unavailable"
    text_reason: str = ""
    #: Whether it analyses the sound of tracks beside their vectors.
    analyses: bool = False
    #: Whether it has taggers, which score labels.
    tags: bool = False


@message
class FitsRequest(Message):
    """Asks whether `workers` workers fit in memory if the models `beside` stay loaded and all others are unloaded."""

    beside: list[str] = field(default_factory=list)
    workers: Annotated[int, Ge(0), Le(MAX_WORKERS)] = 1


@message
class Fits(Message):
    """`seen`: those of `beside` that hold or are taking memory on this host; nothing is known here about the others."""

    fits: bool
    needs_bytes: Count
    seen: list[str]


class Embedding:
    """Audio and text to vectors; each model has its own service.

    A track fails with `decode_failed`, `empty_audio`, `silent_audio`, `file_missing`, `file_unreadable`,
    `out_of_memory` or `model_failed`; a model without a text side answers texts with `text_unavailable`. The first call
    that needs a model loads it. If loading fails, calls fail with `model_unavailable` or `out_of_memory`, and the event
    `model.failed` says why.
    """

    service = f"{PREFIX}MODEL"

    audio = Operation("embed.audio", AudioRequest, EmbeddedAudio, "The vector of a file.", gives=ONE_VECTOR)
    analyse = Operation(
        "embed.analyse", AnalyseRequest, AnalysedAudio, "Labels and facts of a file, without its vector."
    )
    text = Operation("embed.text", TextRequest, EmbeddedTexts, "The vectors of texts.", gives="[n, dim] float32")
    describe = Operation("model.describe", Nothing, Description, "What the model is and whether it can be used.")
    fits = Operation("model.fits", FitsRequest, Fits, "Whether workers of the model find room on their devices.")


class EmbeddingClient(Blocking, Embedding):
    """For threads."""


class AsyncEmbeddingClient(Asyncio, Embedding):
    """For an event loop."""
