"""`search`: the store of vectors, and the recommendations made from it."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, ClassVar, Final, Literal

from annotated_types import Ge, Le, MaxLen, MinLen

from contract.fields import (
    INTEGRAL,
    MAX_MODELS,
    Before,
    Count,
    Dimension,
    Doc,
    FailFast,
    FewEntries,
    Integer,
    Label,
    ModelName,
    Models,
    Name,
    NullIs,
    NullIsEmpty,
    Positive,
    Share,
    Vector,
)
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation
from contract.warnings import Warned

#: Most tracks of one answer.
MAX_LIMIT: Final = 500
#: Most seeds of one request.
MAX_SEEDS: Final = 5_000
#: Most texts, or vectors, of what to avoid.
MAX_NEGATIVE: Final = 200
#: Most libraries of one request.
MAX_LIBRARIES: Final = 1_000
#: Most rows of one page of vectors, and those of one that names no number.
MAX_PAGE: Final = 10_000
PAGE: Final = 1_000
#: Most tracks of a path, with both ends.
MAX_PATH: Final = 200
#: Most tracks that are like a vector.
MAX_MATCHES: Final = 1_000
#: Most rows of one write, and ids of one lookup.
MAX_ROWS: Final = 100_000
#: Most values of a vector.
MAX_DIMENSION: Final = 1_000_000
#: Titles and artists of rows are cut to so many characters: they explain a result, they do not identify it.
MAX_TAG: Final = 1024
DEFAULT_PRIORITIES: Final = {"muq": 1, "mert": 2, "latent": 3}


def _tag(value: Any) -> Any:
    return value[:MAX_TAG] if isinstance(value, str) else "" if value is None else value


MergeStrategy = Literal["union", "intersection", "priority"]
#: What a row says of its track. None: not known.
Id = Annotated[Name, NullIs(str)]
Tag = Annotated[str, Before(_tag)]
Seconds = Annotated[float, NullIs(float)]
TrackIdList = Annotated[list[str], MaxLen(MAX_ROWS), FailFast, NullIsEmpty]
#: Ids of tracks, albums, artists; how many is bounded where they enter from outside.
Ids = Annotated[list[Name], FailFast, NullIsEmpty]
Libraries = Annotated[list[Integer], MaxLen(MAX_LIBRARIES), FailFast, NullIsEmpty]
Penalty = Annotated[float, Ge(0.3), Le(1), Doc("lower: stronger; 1: none")]
Factors = Annotated[dict[Name, Share], NullIs(dict)]
Vectors = Annotated[list[Vector], MaxLen(MAX_NEGATIVE), FailFast, NullIsEmpty]


@message
class Seed(Message):
    """A track that the answer shall be like; with `embedding` a text, which counts in the model of that dimension."""

    track_id: Name = ""
    weight: Annotated[float, Ge(0), Doc("how much it counts")] = 1.0
    source: Annotated[Name, Doc("where it comes from, such as `recent`; a label")] = ""
    embedding: Annotated[Vector | None, Doc("counts in the model of that dimension")] = None


@message
class SearchOptions(Message):
    """How a list is searched for, whoever asks for it."""

    exclude_track_ids: Annotated[Ids, Doc("never returned")] = field(default_factory=list)
    models: Annotated[Models | None, Doc("spaces to search; absent: SONICMESH_DEFAULT_MODEL")] = None
    merge_strategy: MergeStrategy = "union"
    model_priorities: Annotated[
        dict[ModelName, Integer], MaxLen(MAX_MODELS), FewEntries, NullIs(DEFAULT_PRIORITIES.copy), Doc("lower: first")
    ] = field(default_factory=DEFAULT_PRIORITIES.copy)
    min_model_agreement: Annotated[Positive, Doc("a track must come from at least so many models")] = 1
    negative_prompt_penalty: Penalty = 0.85


@message
class PlaylistOptions(SearchOptions):
    """What a list is made from: the fields that `POST /playlist/{mode}` and the search share."""

    limit: Annotated[int, Ge(1), Le(MAX_LIMIT), INTEGRAL, Doc("most tracks to return")] = 25
    seeds: Annotated[list[Seed], MaxLen(MAX_SEEDS), FailFast, NullIsEmpty] = field(default_factory=list)
    diversity: Annotated[Share, Doc("0: closest matches; 1: most varied")] = 0.0
    library_ids: Annotated[Libraries, Doc("restrict to these libraries; empty: all")] = field(default_factory=list)
    disliked_track_ids: Annotated[Ids, Doc("what is near them is down-ranked; never returned")] = field(
        default_factory=list
    )
    disliked_artist_ids: Annotated[Ids, Doc("likewise, all tracks of them")] = field(default_factory=list)
    dislike_strength: Annotated[Share, Doc("how strongly what is near a dislike is down-ranked")] = 0.0
    negative_embeddings: Annotated[
        Annotated[dict[ModelName, Vectors], MaxLen(MAX_MODELS), FewEntries] | None,
        Doc("used instead of embedding the prompts, where given"),
    ] = None


@message
class Selection(Message):
    """Which models answer. `warnings`: why others do not; `tracks`: how many each has of what may be listed."""

    models: list[str]
    warnings: list[Warned] = field(default_factory=list)
    tracks: dict[str, Count] = field(default_factory=dict)


@message
class RecommendRequest(PlaylistOptions):
    """A list of tracks that are like the seeds. `models` null: `SONICMESH_DEFAULT_MODEL`; text seeds choose the model
    by the length of their embedding.
    """

    #: What the list that the answer goes on holds already: none of these songs comes again.
    listed_track_ids: Ids = field(default_factory=list)
    #: What the scores of an album's or artist's tracks are multiplied by.
    album_factors: Factors = field(default_factory=dict)
    artist_factors: Factors = field(default_factory=dict)
    #: The only models that may answer; null: all.
    among: list[str] | None = None
    #: Decided before, because prompts had to be embedded for the models that answer; null: decide.
    answering: Selection | None = None


@message
class RecommendedTrack(Message):
    """One track of a list. `score` 0: an unrelated pair of this library; 1: the same recording."""

    left_out: ClassVar[tuple[str, ...]] = ("negative_similarity",)

    track_id: str
    score: float
    reason: str
    models: list[str]
    #: Where there is something to avoid.
    negative_similarity: float | None = None


@message
class Recommended(Message):
    """Best first; no seed, nothing excluded, nothing twice."""

    tracks: list[RecommendedTrack]
    warnings: list[Warned]


@message
class DistinctRequest(Message):
    """Which of these tracks repeat an earlier one."""

    track_ids: Ids


@message
class TrackIds(Message):
    """Tracks, in order."""

    track_ids: list[str]


@message
class InterestsRequest(Message):
    """The kinds of music among these tracks. `model` None: the one that lists would take."""

    track_ids: Ids
    most: Annotated[int, Ge(1), Le(20)] = 3
    model: str | None = None


@message
class Interests(Message):
    """Groups of tracks that are alike, the largest first; fewer than three tracks are no group."""

    groups: list[list[str]]


@message
class PathRequest(Message):
    """`count` tracks, both ends included. `model` None: the one that lists would take."""

    from_id: Annotated[str, MinLen(1)]
    to_id: Annotated[str, MinLen(1)]
    count: Annotated[int, Ge(2), Le(MAX_PATH)] = 25
    model: str | None = None
    library_ids: Libraries = field(default_factory=list)
    exclude_track_ids: Ids = field(default_factory=list)


@message
class PathStep(Message):
    """One track of a path; `similarity` is to the start."""

    track_id: str
    similarity: float


@message
class FoundPath(Message):
    """The way from one track to another, both included."""

    tracks: list[PathStep]
    warnings: list[Warned]


@message
class Row(Message):
    """A track as the store keeps it beside its vector. `duration` in seconds, `embedded_at` in unix seconds."""

    track_id: Label
    library_id: Annotated[Integer, NullIs(int)] = 0
    artist_id: Id = ""
    album_id: Id = ""
    audio_id: Id = ""
    duration: Seconds = 0.0
    model_id: Id = ""
    embedded_at: Seconds = 0.0
    title: Tag = ""
    artist: Tag = ""


@message
class UpsertRequest(Message):
    """Rows and, as a blob, their vectors."""

    model: str
    rows: Annotated[list[Row], MaxLen(MAX_ROWS), FailFast]
    dim: Annotated[int, Ge(1), Le(MAX_DIMENSION)]
    generation: str | None = None


@message
class CopyRequest(Message):
    """Gives the rows the stored vector of a track that has the same audio; its own row with it is refreshed."""

    model: str
    source_track_id: Annotated[str, MinLen(1)]
    rows: Annotated[list[Row], MaxLen(MAX_ROWS), FailFast]
    generation: str | None = None


@message
class Written(Message):
    """Rows that are in the store now."""

    written: Count


@message
class DeleteRequest(Message):
    """`model` None: from all of them."""

    track_ids: TrackIdList
    model: str | None = None


@message
class Deleted(Message):
    """Rows that are gone."""

    deleted: Count


@message
class LookupRequest(Message):
    """Stored vectors, of length 1."""

    model: str
    track_ids: TrackIdList


@message
class Looked(Message):
    """The tracks that have a vector, in order; their vectors are the blob."""

    track_ids: list[str]
    dim: Dimension


@message
class SimilarRequest(Message):
    """What is like a vector (the blob, of `dim` values) or the vector of `track_id`."""

    model: str
    limit: Annotated[int, Ge(1), Le(MAX_MATCHES)] = 20
    #: Least score; null: any.
    least: float | None = None
    dim: Dimension | None = None
    track_id: str | None = None


@message
class Match(Message):
    """A track and how like it is, calibrated as between tracks."""

    track_id: str
    score: float


@message
class Matches(Message):
    """Best first."""

    matches: list[Match]


@message
class PageRequest(Message):
    """A page of a generation, behind the track `after`. A generation that is gone is `not_found`."""

    model: str
    generation: str | None = None
    after: str | None = None
    limit: Annotated[int, Ge(1), Le(MAX_PAGE)] = PAGE


@message
class RowMark(Message):
    """What tells whether a row is still that of the track's audio."""

    track_id: str
    audio_id: str
    model_id: str


@message
class Scanned(Message):
    """One page; `next` None: the last."""

    rows: list[RowMark]
    next: str | None


@message
class Exported(Message):
    """One page of whole rows; their vectors, as they are stored, are the blob."""

    rows: list[Row]
    dim: Dimension
    next: str | None


@message
class BeginRequest(Message):
    """A generation to fill beside the one in service. `dim`: values of a vector at the API."""

    model: str
    name: str
    dim: Annotated[int, Ge(1), Le(MAX_DIMENSION)]


@message
class GenerationRequest(Message):
    """A generation by its name."""

    model: str
    generation: str


@message
class Generation(Message):
    """The generation that was asked for."""

    generation: str


@message
class Collection(Message):
    """What is in service of a model. `hidden` of `count` rows are of vanished tracks: no search finds them."""

    count: Count
    hidden: Count
    dimension: Dimension
    stored_dimension: Dimension
    generation: str | None
    index: str


@message
class StoreStatus(Message):
    """The store and what is in service, by model."""

    uri: str
    models: dict[str, Collection]


@message
class Flushed(Message):
    """Everything is on the disk."""

    flushed: bool = True


class Search:
    """The store of vectors, and the lists made from it. A `generation` that is absent or null is the one in service.

    A hidden row is that of a track that vanished: no search finds it, and it says nothing of what likeness means.
    """

    service = "search"

    recommend = Operation("recommend", RecommendRequest, Recommended, "A list of tracks that are like the seeds.")
    select = Operation(
        "models.select",
        RecommendRequest,
        Selection,
        "Which models would answer a request; without seeds only the tracks that they have count.",
    )
    distinct = Operation(
        "distinct",
        DistinctRequest,
        TrackIds,
        "The first of each song among the first 500 tracks; one without a vector stays.",
    )
    interests = Operation("interests", InterestsRequest, Interests, "The kinds of music among some tracks.")
    path = Operation("path", PathRequest, FoundPath, "Tracks from one to another, evenly spaced between the two.")
    similar = Operation(
        "vectors.similar", SimilarRequest, Matches, "Which tracks are like a vector.", takes="[1, dim], or none"
    )
    upsert = Operation(
        "vectors.upsert", UpsertRequest, Written, "Writes rows; durable when answered.", takes="[n, dim] float32"
    )
    copy = Operation("vectors.copy", CopyRequest, Written, "Gives rows the vector of a track with the same audio.")
    delete = Operation("vectors.delete", DeleteRequest, Deleted, "Removes rows.")
    lookup = Operation("vectors.lookup", LookupRequest, Looked, "Stored vectors.", gives="[n, dim] float32")
    scan = Operation("vectors.scan", PageRequest, Scanned, "A page of what there is.")
    export = Operation("vectors.export", PageRequest, Exported, "A page of whole rows.", gives="[n, dim] float32")
    begin = Operation("generations.begin", BeginRequest, Generation, "Makes a generation; again, it does nothing.")
    switch = Operation("generations.switch", GenerationRequest, Generation, "Puts a generation into service.")
    drop = Operation("generations.drop", GenerationRequest, Generation, "Removes a generation that is not in service.")
    status = Operation("store.status", Nothing, StoreStatus, "What is in service, by model.")
    flush = Operation("store.flush", Nothing, Flushed, "Answers once everything is on the disk.")


class SearchClient(Blocking, Search):
    """For threads."""


class AsyncSearchClient(Asyncio, Search):
    """For an event loop."""
