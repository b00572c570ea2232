"""`search`: the vector store and the recommendations made from it."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Any, ClassVar, Final, Literal

from contract.bounds import Ge, Le, MaxLen, MinLen
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
    Text,
    Vector,
)
from contract.message import Message, Nothing, message
from contract.operation import ONE_VECTOR, Asyncio, Blocking, Operation
from contract.warnings import Warned

#: Most tracks in one answer.
MAX_LIMIT: Final = 500
#: Most seeds in one request.
MAX_SEEDS: Final = 5_000
#: Most negative prompts, or vectors of them.
MAX_NEGATIVE: Final = 200
#: Most seeds that are texts in words: each is compared with the whole library.
MAX_TEXT_SEEDS: Final = 50
#: Most libraries in one request.
MAX_LIBRARIES: Final = 1_000
#: Most rows per page of vectors, and the default.
MAX_PAGE: Final = 10_000
PAGE: Final = 1_000
#: Most tracks in a path, both ends included.
MAX_PATH: Final = 200
#: Most similar tracks for one vector.
MAX_MATCHES: Final = 1_000
#: Most tracks per page of pairs.
MAX_TWINS: Final = 500
#: Most rows per write, and ids per lookup.
MAX_ROWS: Final = 100_000
#: Most numbers in a vector.
MAX_DIMENSION: Final = 1_000_000
#: Longest title or artist of a row, in characters; longer ones are cut, as they explain a result, not identify it.
MAX_TAG: Final = 1024
DEFAULT_PRIORITIES: Final = {"muq": 1, "mert": 2, "latent": 3}


def _tag(value: Any) -> Any:
    return value[:MAX_TAG] if isinstance(value, str) else "" if value is None else value


MergeStrategy = Literal["union", "intersection", "priority"]
#: Fields of a row about its track. None: not known.
Id = Annotated[Name, NullIs(str)]
Tag = Annotated[str, Before(_tag)]
Seconds = Annotated[float, NullIs(float)]
TrackIdList = Annotated[list[str], MaxLen(MAX_ROWS), FailFast, NullIsEmpty]
#: Ids of tracks, albums or artists; their number is limited where they enter the mesh.
Ids = Annotated[list[Name], FailFast, NullIsEmpty]
Libraries = Annotated[list[Integer], MaxLen(MAX_LIBRARIES), FailFast, NullIsEmpty]
Penalty = Annotated[float, Ge(0.3), Le(1), Doc("lower: stronger; 1: none")]
Factors = Annotated[dict[Name, Share], NullIs(dict)]
Vectors = Annotated[list[Vector], MaxLen(MAX_NEGATIVE), FailFast, NullIsEmpty]


@message
class Seed(Message):
    """A track that the list should resemble, or a text: as its vector, `embedding`, or as its words, `text`."""

    left_out: ClassVar[tuple[str, ...]] = ("text",)

    track_id: Name = ""
    weight: Annotated[float, Ge(0), Doc("how much it counts")] = 1.0
    source: Annotated[Name, Doc("where it comes from, such as `recent`; a label")] = ""
    embedding: Annotated[Vector | None, Doc("used for the model of that dimension")] = None
    text: Annotated[Text | None, Doc("what the list should be like, in words; counts in every model")] = None


@message
class SearchOptions(Message):
    """Options of every search for a list."""

    exclude_track_ids: Annotated[Ids, Doc("never returned")] = field(default_factory=list)
    models: Annotated[Models | None, Doc("spaces to search; absent: SONICMESH_DEFAULT_MODEL")] = None
    merge_strategy: MergeStrategy = "union"
    model_priorities: Annotated[
        dict[ModelName, Integer], MaxLen(MAX_MODELS), FewEntries, NullIs(DEFAULT_PRIORITIES.copy), Doc("lower: first")
    ] = field(default_factory=DEFAULT_PRIORITIES.copy)
    min_model_agreement: Annotated[Positive, Doc("how many models must have found a track, at least")] = 1
    negative_prompt_penalty: Penalty = 0.85


@message
class PlaylistOptions(SearchOptions):
    """The fields that `POST /playlist/{mode}` and the search share."""

    limit: Annotated[int, Ge(1), Le(MAX_LIMIT), INTEGRAL, Doc("most tracks to return")] = 25
    seeds: Annotated[list[Seed], MaxLen(MAX_SEEDS), FailFast, NullIsEmpty] = field(default_factory=list)
    diversity: Annotated[Share, Doc("0: closest matches; 1: most varied")] = 0.0
    library_ids: Annotated[Libraries, Doc("restrict to these libraries; empty: all")] = field(default_factory=list)
    disliked_track_ids: Annotated[Ids, Doc("never returned; similar tracks rank lower")] = field(default_factory=list)
    disliked_artist_ids: Annotated[Ids, Doc("the same for all tracks of these artists")] = field(default_factory=list)
    dislike_strength: Annotated[Share, Doc("how strongly tracks similar to a dislike rank lower")] = 0.0
    negative_embeddings: Annotated[
        Annotated[dict[ModelName, Vectors], MaxLen(MAX_MODELS), FewEntries] | None,
        Doc("if given, used instead of embedding the prompts"),
    ] = None


@message
class Selection(Message):
    """Models that answer. `warnings`: why others do not; `tracks`: how many listable tracks each model has."""

    models: list[str]
    warnings: list[Warned] = field(default_factory=list)
    tracks: dict[str, Count] = field(default_factory=dict)


@message
class RecommendRequest(PlaylistOptions):
    """Asks for a list of tracks that resemble the seeds.

    `models` null: `SONICMESH_DEFAULT_MODEL`; text seeds select the model by the length of their `embedding`.
    """

    #: Tracks of the list that this answer continues: their songs do not appear again.
    listed_track_ids: Ids = field(default_factory=list)
    #: Boosts: factors on the scores of an album's or artist's tracks.
    album_factors: Factors = field(default_factory=dict)
    artist_factors: Factors = field(default_factory=dict)
    #: Texts of what to avoid, for models without `negative_embeddings`.
    negative_texts: Annotated[list[Text], MaxLen(MAX_NEGATIVE), FailFast, NullIsEmpty] = field(default_factory=list)
    #: The only models that may answer; null: all.
    among: list[str] | None = None
    #: Chosen earlier, because prompts had to be embedded for the models that answer; null: choose now.
    answering: Selection | None = None


@message
class RecommendedTrack(Message):
    """One track of a list. `score` 0: an unrelated pair of this library; 1: the same recording."""

    left_out: ClassVar[tuple[str, ...]] = ("negative_similarity",)

    track_id: str
    score: float
    reason: str
    models: list[str]
    #: Only sent if the request has something to avoid.
    negative_similarity: float | None = None


@message
class Recommended(Message):
    """Tracks, best first, without seeds, exclusions or repeats."""

    tracks: list[RecommendedTrack]
    warnings: list[Warned]


@message
class DirectionRequest(Message):
    """Asks for the vector in a model's space whose list agrees best with that of a text."""

    text: Text
    model: str


@message
class Direction(Message):
    """The vector is the blob. `warnings`: what of the text it does not hold."""

    dim: Dimension
    warnings: list[Warned]


@message
class WordsStatus(Message):
    """How texts are read. `models`: those in whose space a text has a vector; `lacking`: what reading by meaning lacks.

    `heard`: tracks with labels; `tracks`: all tracks that are known.
    """

    models: list[str]
    license: str
    lacking: str
    tracks: Count
    heard: Count


@message
class DistinctRequest(Message):
    """Asks for the first track of each song among these."""

    track_ids: Ids


@message
class TrackIds(Message):
    """Tracks, in order."""

    track_ids: list[str]


@message
class InterestsRequest(Message):
    """Asks for the kinds of music among these tracks. `model` None: the one that lists use."""

    track_ids: Ids
    most: Annotated[int, Ge(1), Le(20)] = 3
    model: str | None = None


@message
class Interests(Message):
    """Groups of similar tracks, largest first; a group has at least three tracks."""

    groups: list[list[str]]


@message
class PathRequest(Message):
    """Asks for a path of `count` tracks, both ends included. `model` None: the one that lists use."""

    from_id: Annotated[str, MinLen(1)]
    to_id: Annotated[str, MinLen(1)]
    count: Annotated[int, Ge(2), Le(MAX_PATH)] = 25
    model: str | None = None
    library_ids: Libraries = field(default_factory=list)
    exclude_track_ids: Ids = field(default_factory=list)


@message
class PathStep(Message):
    """One track of a path; `similarity` to the start."""

    track_id: str
    similarity: float


@message
class FoundPath(Message):
    """A path from one track to another, both included."""

    tracks: list[PathStep]
    warnings: list[Warned]


@message
class Row(Message):
    """A track's data that the store keeps beside its vector. `duration` in seconds, `embedded_at` in unix seconds."""

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
    """Rows to write; the blob holds their vectors."""

    model: str
    rows: Annotated[list[Row], MaxLen(MAX_ROWS), FailFast]
    dim: Annotated[int, Ge(1), Le(MAX_DIMENSION)]
    generation: str | None = None


@message
class CopyRequest(Message):
    """Gives rows the stored vector of a track with the same audio; a row of that track itself is refreshed."""

    model: str
    source_track_id: Annotated[str, MinLen(1)]
    rows: Annotated[list[Row], MaxLen(MAX_ROWS), FailFast]
    generation: str | None = None


@message
class Written(Message):
    """Number of rows written."""

    written: Count


@message
class DeleteRequest(Message):
    """Tracks to delete. `model` None: from all models."""

    track_ids: TrackIdList
    model: str | None = None


@message
class Deleted(Message):
    """Number of rows deleted."""

    deleted: Count


@message
class LookupRequest(Message):
    """Asks for the stored vectors (unit length) of tracks."""

    model: str
    track_ids: TrackIdList


@message
class StoredVectors(Message):
    """The tracks that have a vector, in order; their vectors are the blob."""

    track_ids: list[str]
    dim: Dimension


@message
class SimilarRequest(Message):
    """Asks which tracks are similar to a vector (the blob, of `dim` numbers) or to the vector of `track_id`."""

    model: str
    limit: Annotated[int, Ge(1), Le(MAX_MATCHES)] = 20
    #: Least score; null: any.
    least: float | None = None
    dim: Dimension | None = None
    track_id: str | None = None


@message
class Match(Message):
    """A track and its similarity, on the calibrated scale for pairs of tracks."""

    track_id: str
    score: float


@message
class Matches(Message):
    """Similar tracks, best first."""

    matches: list[Match]


@message
class TwinsRequest(Message):
    """Asks which of the tracks after the id `after` sound the same as others. `model` None: the one that lists use."""

    model: str | None = None
    after: str | None = None
    limit: Annotated[int, Ge(1), Le(MAX_TWINS)] = 200
    #: Least similarity of a pair, on the calibrated scale.
    least: Share = 0.93


@message
class Twin(Message):
    """Two tracks that sound the same; `track_id` comes before `other_id` in the order of ids."""

    track_id: str
    other_id: str
    score: float


@message
class Twins(Message):
    """Pairs of one page of tracks, closest first; `next` None: the last page; `model` "": no model has vectors."""

    model: str
    #: Each pair once.
    pairs: list[Twin]
    next: str | None


@message
class PageRequest(Message):
    """A page of a generation, after the track `after`. A generation that no longer exists is `not_found`."""

    model: str
    generation: str | None = None
    after: str | None = None
    limit: Annotated[int, Ge(1), Le(MAX_PAGE)] = PAGE


@message
class RowMark(Message):
    """The fields that tell whether a row still matches the track's audio."""

    track_id: str
    audio_id: str
    model_id: str


@message
class Scanned(Message):
    """One page; `next` None: the last page."""

    rows: list[RowMark]
    next: str | None


@message
class Exported(Message):
    """One page of whole rows; the blob holds their vectors as stored."""

    rows: list[Row]
    dim: Dimension
    next: str | None


@message
class BeginRequest(Message):
    """Begins a generation, to be filled beside the one in service. `dim`: dimension of a vector at the API."""

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
    """A model's collection in service. `hidden` of its `count` rows belong to vanished tracks: no search finds them."""

    count: Count
    hidden: Count
    dimension: Dimension
    stored_dimension: Dimension
    generation: str | None
    index: str


@message
class StoreStatus(Message):
    """The store and, by model, the collection in service."""

    uri: str
    models: dict[str, Collection]


@message
class Flushed(Message):
    """Everything is on disk."""

    flushed: bool = True


class Search:
    """The vector store and the lists made from it. `generation` absent or null: the one in service.

    A hidden row belongs to a vanished track: no search finds it, and it does not influence the calibrated scale.
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
        "The first track of each song among the first 500 tracks; tracks without a vector stay.",
    )
    interests = Operation("interests", InterestsRequest, Interests, "Groups of tracks that sound alike.")
    path = Operation("path", PathRequest, FoundPath, "Tracks from one to another, evenly spaced between the two.")
    direction = Operation(
        "words.direction",
        DirectionRequest,
        Direction,
        "Where the tracks that a text asks for lie; `text_unavailable` if nothing of it is understood.",
        gives=ONE_VECTOR,
    )
    words = Operation("words.status", Nothing, WordsStatus, "How texts are read, and in which models' spaces.")
    similar = Operation(
        "vectors.similar", SimilarRequest, Matches, "Which tracks are like a vector.", takes="[1, dim], or none"
    )
    twins = Operation("vectors.twins", TwinsRequest, Twins, "Pairs of tracks that sound the same, a page at a time.")
    upsert = Operation(
        "vectors.upsert", UpsertRequest, Written, "Writes rows; durable when answered.", takes="[n, dim] float32"
    )
    copy = Operation(
        "vectors.copy", CopyRequest, Written, "Writes rows with the vector of a track that has the same audio."
    )
    delete = Operation("vectors.delete", DeleteRequest, Deleted, "Removes rows.")
    lookup = Operation("vectors.lookup", LookupRequest, StoredVectors, "Stored vectors.", gives="[n, dim] float32")
    scan = Operation("vectors.scan", PageRequest, Scanned, "A page of the stored rows, without vectors.")
    export = Operation(
        "vectors.export", PageRequest, Exported, "A page of the stored rows, with vectors.", gives="[n, dim] float32"
    )
    begin = Operation("generations.begin", BeginRequest, Generation, "Creates a generation; does nothing if it exists.")
    switch = Operation("generations.switch", GenerationRequest, Generation, "Puts a generation into service.")
    drop = Operation("generations.drop", GenerationRequest, Generation, "Removes a generation that is not in service.")
    status = Operation("store.status", Nothing, StoreStatus, "What is in service, by model.")
    flush = Operation("store.flush", Nothing, Flushed, "Replies once everything is on disk.")


class SearchClient(Blocking, Search):
    """For threads."""


class AsyncSearchClient(Asyncio, Search):
    """For an event loop."""
