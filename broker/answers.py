"""What operations answer, as far as their callers rely on it. A reply is looked at where it enters a process.

A worker may be anybody's, and of another version: a field of the wrong type would be a defect deep inside the caller,
so it is an error of the call. Fields that are not named here are passed on unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from broker.wire import Reply
from contract.errors import BadAnswer
from contract.operation import Buffer

#: Whole numbers that JSON, SQLite and the store hold.
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
#: Values of a vector; the largest of ours has 76,800.
Dimension = Annotated[int, Field(ge=0, le=2**24)]
Names = list[str]


class Shape(TypedDict):
    """Types as they are (no text for a number), finite numbers, more fields than named."""

    __pydantic_config__ = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)  # type: ignore[misc]


class Track(Shape):
    id: str
    title: NotRequired[str]
    artist: NotRequired[str]
    artist_id: NotRequired[str]
    album: NotRequired[str]
    album_id: NotRequired[str]
    path: NotRequired[str]
    duration: NotRequired[float]
    library_id: NotRequired[Whole]


class Tracks(Shape):
    tracks: list[Track]
    library_ids: NotRequired[list[Whole]]


class Scored(Shape):
    track_id: str
    score: float


class Recommended(Shape):
    tracks: list[Scored]
    warnings: Names


class Step(Shape):
    track_id: str
    similarity: float


class Path(Shape):
    tracks: list[Step]
    warnings: NotRequired[Names]


class Groups(Shape):
    groups: list[Names]


class Matches(Shape):
    matches: list[Scored]


class Vectors(Shape):
    track_ids: Names
    dim: Dimension


class Row(Shape):
    track_id: str


class Rows(Shape):
    rows: list[Row]
    next: str | None


class Page(Rows):
    dim: Dimension


class Collection(Shape):
    count: Count
    generation: NotRequired[str | None]


class Store(Shape):
    models: dict[str, Collection]


class Ids(Shape):
    track_ids: Names


class Embedded(Shape):
    dim: Dimension
    model_id: str
    duration: NotRequired[float | None]
    warning: NotRequired[str | None]
    warning_message: NotRequired[str | None]
    seconds: NotRequired[dict[str, float]]


class EmbeddedTexts(Shape):
    dim: Dimension
    model_id: NotRequired[str]
    is_stub: NotRequired[bool]


class Description(Shape):
    dimension: NotRequired[Dimension]
    model_id: NotRequired[str]
    text: NotRequired[bool]
    status: NotRequired[str]
    reason: NotRequired[str | None]
    text_status: NotRequired[str]
    text_reason: NotRequired[str | None]
    loaded: NotRequired[bool]


class Fit(Shape):
    fits: bool
    needs_bytes: Count
    seen: Names


class Model(Shape):
    name: str
    dimension: Dimension
    text: NotRequired[bool]
    license: NotRequired[str]
    description: NotRequired[str]
    enabled: NotRequired[bool]


class Models(Shape):
    models: list[Model]
    default_model: NotRequired[str | None]
    foreign: NotRequired[Names]


class Selection(Shape):
    models: Names
    warnings: Names
    tracks: dict[str, Count]


class Kind(Shape):
    by: str
    value: str
    track_ids: Names


class Kinds(Shape):
    kinds: list[Kind]


class Scanned(Shape):
    embedded: bool
    name: str
    models: dict[str, str]


class Upload(Shape):
    duplicates: Names
    all_duplicates: bool
    tags: dict[str, str]
    parts: list[dict[str, Any]]
    warnings: Names


class Stats(Shape):
    loaded: NotRequired[bool]
    memory_bytes: NotRequired[Count]
    device: NotRequired[str | None]
    reason: NotRequired[str | None]


class Library(Shape):
    state: str
    reason: NotRequired[str | None]
    tracks: NotRequired[Count]


class ModelProgress(Shape):
    tracks_per_hour: NotRequired[float]


class Progress(Shape):
    status: str
    total_tracks: NotRequired[Count]
    processed_tracks: NotRequired[Count]
    failed_tracks: NotRequired[Count]
    total_operations: NotRequired[Count]
    processed_operations: NotRequired[Count]
    estimated_completion: NotRequired[float | None]
    current_track: NotRequired[str | None]
    automatic: NotRequired[bool]
    models: NotRequired[dict[str, ModelProgress]]


class Failure(Shape):
    track_id: str
    code: str
    kind: NotRequired[str]
    message: NotRequired[str]
    artist: NotRequired[str | None]
    title: NotRequired[str | None]


class Failures(Shape):
    total: Count
    failures: list[Failure]


class Started(Shape):
    status: str
    warnings: Names


class Known(Shape):
    state: str
    seconds: NotRequired[dict[str, float] | None]


class Why(Shape):
    models: dict[str, Known]


class Person(Shape):
    id: str
    user_name: str
    is_admin: bool
    library_ids: list[Whole]


class Plan(Shape):
    seeds: list[dict[str, Any]]
    library_ids: list[Whole]
    warnings: NotRequired[Names]


class Around(Plan):
    own_track_ids: Names
    played_track_ids: Names
    disliked_track_ids: Names


class Heard(Shape):
    settings: dict[str, Any]
    library_ids: list[Whole]
    known: Count
    recent_track_ids: Names
    rediscover_track_ids: Names


#: The answer of each operation that has one to be relied on.
SHAPES: Final[dict[str, Any]] = {
    "batch.failures": Failures,
    "batch.progress": Progress,
    "batch.start": Started,
    "distinct": Ids,
    "embed.audio": Embedded,
    "embed.text": EmbeddedTexts,
    "interests": Groups,
    "library.status": Library,
    "model.describe": Description,
    "model.fits": Fit,
    "models.describe": Models,
    "models.select": Selection,
    "path": Path,
    "people.around": Around,
    "people.find": Person,
    "people.mixes": Heard,
    "people.plan": Plan,
    "people.tracks": Tracks,
    "playlists.tracks": Ids,
    "recommend": Recommended,
    "store.status": Store,
    "tracks.find": Tracks,
    "tracks.get": Tracks,
    "tracks.match": Tracks,
    "tracks.missing": Ids,
    "tracks.scanned": Scanned,
    "tracks.unlisted": Kinds,
    "tracks.why": Why,
    "uploads.process": Upload,
    "vectors.export": Page,
    "vectors.lookup": Vectors,
    "vectors.scan": Rows,
    "vectors.similar": Matches,
    "worker.stats": Stats,
}
#: Operations whose only blob is one vector of `dim` numbers, of four bytes each.
ONE_VECTOR: Final = frozenset({"embed.audio"})


def check_answer(service: str, op: str, reply: Reply) -> BadAnswer | None:
    """The error that a reply is, where callers could not rely on it."""
    if op not in SHAPES:
        return None
    problem = fault(op, reply.result) or _fault_of_blobs(op, reply.result, reply.blobs)
    if not problem:
        return None
    return BadAnswer(f"{service} answered {op} with something that is no answer to it: {problem}", {"op": op})


def fault(op: str, value: Any) -> str:
    """What is wrong with the answer of `op`, by its field; nothing where all is well."""
    try:
        _adapter(op).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return f"{'.'.join(map(str, first['loc']))[:200]}: {first['msg']}"
    return ""


def _fault_of_blobs(op: str, result: dict[str, Any], blobs: Sequence[Buffer]) -> str:
    if op in ONE_VECTOR and [len(blob) for blob in blobs] != [4 * result["dim"]]:
        return f"one vector of {result['dim']} numbers is expected"
    return ""


@cache
def _adapter(op: str) -> TypeAdapter[Any]:
    return TypeAdapter(SHAPES[op])
