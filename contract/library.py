"""`library`: Navidrome's tracks and people, the jobs that embed them, and uploads."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from contract.bounds import Ge, Le
from contract.browse import BrowseRequest, BrowseResult, Chips, ChipsRequest, TrackFiles
from contract.fields import Count, Dimension
from contract.jobs import (
    Failures,
    FailuresRequest,
    History,
    JobRequest,
    JobState,
    KindRequest,
    Progress,
    Started,
    StartJobRequest,
    StartRequest,
)
from contract.labels import KnownLabels, LabelledTracks, LabelsPage, LabelsPageRequest
from contract.message import Message, Nothing, message
from contract.operation import Asyncio, Blocking, Operation
from contract.people import (
    Around,
    AroundRequest,
    MixesKnown,
    Person,
    PersonRequest,
    Plan,
    PlanRequest,
    Preferences,
    PreferencesRequest,
    VisibleRequest,
    VisibleTracks,
)
from contract.people import Kind as TrackKind
from contract.search import TrackIds
from contract.track import TaggedTrack, Track
from contract.upkeep import Duplicates, DuplicatesRequest, PrunePlan, Unembedded, UnembeddedRequest
from contract.uploads import GiveUpRequest, ScannedRequest, ScannedTrack, Uploaded, UploadRequest
from contract.worker import Accepted

#: Most tracks that a search finds, and the default.
MAX_FOUND: Final = 500
FOUND: Final = 25
#: Matching tracks to return by default.
MATCHED: Final = 100
#: Longest duration accepted, in seconds.
MAX_DURATION: Final = 1e9
#: Most tracks per page of tags, and the default.
MAX_TAGS: Final = 10_000
TAGS: Final = 1_000

#: The property by which lists leave out a kind of music.
UnlistedBy = Literal["genre", "library", "shorter", "longer"]
#: Whether Navidrome's database can be read.
LibraryState = Literal["ready", "waiting"]
#: The outcome of a track with a model.
LedgerState = Literal["pending", "done", "failed"]


@message
class KnownModel(Message):
    """A model that the registry knows, running or not."""

    name: str
    dimension: Dimension
    text: bool
    license: str
    description: str
    enabled: bool


@message
class KnownModels(Message):
    """`foreign`: names that are accepted but never answer."""

    models: list[KnownModel]
    default_model: str
    foreign: list[str]


@message
class FindRequest(Message):
    """An id, a path, or words from title and artist; the first 32 words count."""

    query: str
    limit: Annotated[int, Ge(1), Le(MAX_FOUND)] = FOUND


@message
class Tracks(Message):
    """Tracks, best first or in the order asked for."""

    tracks: list[Track]


@message
class TracksRequest(Message):
    """Tracks by their ids."""

    track_ids: list[str]


@message
class MatchRequest(Message):
    """Identifies a track, album or artist by id, or by name if the id is stale.

    The answer is the track, or tracks spread evenly over the album or artist; for an artist without tracks of their
    own, those that credit them (album artist, guest, composer). `duration` in seconds distinguishes tracks of the same
    name; 0: not known.
    """

    kind: TrackKind
    id: str | None = None
    name: str | None = None
    artist: str | None = None
    duration: Annotated[float, Ge(0), Le(MAX_DURATION)] | None = None
    limit: Annotated[int, Ge(1), Le(MAX_FOUND)] = MATCHED


@message
class PlaylistsRequest(Message):
    """Playlists by their ids."""

    playlist_ids: list[str]


@message
class TrackRequest(Message):
    """A track by its id."""

    track_id: str


@message
class ModelOfTrack(Message):
    """The outcome of a track with one model. `seconds` by stage; `updated_at` in unix seconds."""

    state: LedgerState
    code: str | None
    message: str | None
    attempts: int
    model_id: str | None
    audio_id: str | None
    warning: str | None
    updated_at: float | None
    seconds: dict[str, float] | None


@message
class Explained(Message):
    """A track and its outcome with each model."""

    track: Track
    models: dict[str, ModelOfTrack]


@message
class UnlistedKind(Message):
    """A kind of music that lists leave out unless they start from it. `value`: a genre, a library's name, seconds."""

    by: UnlistedBy
    value: str
    track_ids: list[str]


@message
class UnlistedKinds(Message):
    """All kinds of music that lists leave out."""

    kinds: list[UnlistedKind]


@message
class TagsRequest(Message):
    """A page of tracks, ordered by id, after the id `after`."""

    after: str | None = None
    limit: Annotated[int, Ge(1), Le(MAX_TAGS)] = TAGS


@message
class TaggedTracks(Message):
    """One page, ordered by id, straight from Navidrome's database; `next` None: the last page."""

    tracks: list[TaggedTrack]
    next: str | None


@message
class MusicLibrary(Message):
    """A music folder: one of Navidrome's libraries."""

    id: int
    name: str
    path: str


@message
class LibraryStatus(Message):
    """Whether Navidrome's database can be read, and what it holds. `last_scan_at` in unix seconds."""

    state: LibraryState
    reason: str
    tracks: Count
    missing: Count
    libraries: list[MusicLibrary]
    last_scan_at: float | None
    auto_embed: bool
    notices: list[str]


@message
class PruneRequest(Message):
    """Forgets vanished tracks; `all`: no matter how many."""

    all: bool = False


class Library:
    """Navidrome's tracks and people, the jobs that embed tracks, and uploads.

    A person is the user with the given id, else the one with the given name. For a name that is not in Navidrome's
    database, `people.find` answers `not_found`, all other operations `navidrome_unavailable`.
    """

    service = "library"

    models = Operation("models.describe", Nothing, KnownModels, "Every known model, running or not.")
    start_job = Operation("batch.start", StartRequest, Started, "Starts a job that embeds.")
    progress = Operation("batch.progress", Nothing, Progress, "The running or last job.")
    failures = Operation("batch.failures", FailuresRequest, Failures, "Tracks that could not be embedded.")
    pause = Operation("batch.pause", Nothing, JobState, "Pauses the job once the tracks in flight are done.")
    resume = Operation("batch.resume", Nothing, JobState, "Resumes a paused job.")
    cancel = Operation("batch.cancel", Nothing, JobState, "Ends the job once the tracks in flight are done.")
    begin_job = Operation("jobs.start", StartJobRequest, Started, "Starts a job of any kind.")
    pause_job = Operation("jobs.pause", KindRequest, JobState, "Pauses the job of a kind, if it can pause.")
    resume_job = Operation("jobs.resume", KindRequest, JobState, "Resumes the paused job of a kind.")
    cancel_job = Operation("jobs.cancel", KindRequest, JobState, "Ends the job of a kind.")
    jobs = Operation("batch.jobs", Nothing, History, "The history of jobs.")
    job = Operation("batch.job", JobRequest, Progress, "One job.")
    find = Operation("tracks.find", FindRequest, Tracks, "Finds tracks by what a person typed.")
    tracks = Operation("tracks.get", TracksRequest, Tracks, "The known tracks among some ids, in their order.")
    match = Operation("tracks.match", MatchRequest, Tracks, "The tracks that a track, album or artist stands for.")
    why = Operation("tracks.why", TrackRequest, Explained, "The outcome of a track with each model.")
    scanned = Operation(
        "tracks.scanned", ScannedRequest, ScannedTrack, "What is known about a file that was just scanned."
    )
    missing = Operation(
        "tracks.missing", Nothing, TrackIds, "Tracks whose files vanished; their vectors are kept for a while."
    )
    unlisted = Operation(
        "tracks.unlisted", Nothing, UnlistedKinds, "Which kinds of tracks lists leave out unless a seed is one."
    )
    tags = Operation("tracks.tags", TagsRequest, TaggedTracks, "Genres, moods and comments of tracks.")
    labels = Operation("labels.get", TracksRequest, LabelledTracks, "Labels and facts of the known tracks, in order.")
    known_labels = Operation("labels.known", Nothing, KnownLabels, "Every label and its accuracy.")
    labels_page = Operation(
        "labels.page",
        LabelsPageRequest,
        LabelsPage,
        "The labels and facts of all tracks, page by page.",
        gives="[n, labels] float16, [n, facts] float32, [labels, 1 + marks] float32",
    )
    playlist_tracks = Operation("playlists.tracks", PlaylistsRequest, TrackIds, "The tracks of playlists.")
    status = Operation("library.status", Nothing, LibraryStatus, "Whether the database can be read, and the counts.")
    prune = Operation(
        "library.prune", PruneRequest, Accepted, "Forgets vanished tracks once the running job has ended."
    )
    prune_plan = Operation("library.prune.plan", Nothing, PrunePlan, "What pruning would forget now.")
    unembedded = Operation("tracks.unembedded", UnembeddedRequest, Unembedded, "Tracks without a vector, and why.")
    duplicates = Operation("tracks.duplicates", DuplicatesRequest, Duplicates, "Recordings with several files.")
    person = Operation("people.find", PersonRequest, Person, "Identifies a person.")
    preferences = Operation("people.settings", PersonRequest, Preferences, "The settings of a person.")
    change_preferences = Operation(
        "people.settings.change",
        PreferencesRequest,
        Preferences,
        "Changes settings of a person and returns all of them.",
    )
    plan = Operation("people.plan", PlanRequest, Plan, "Builds the search request of a person's list.")
    around = Operation("people.around", AroundRequest, Around, "Builds the search request for tracks like a given one.")
    visible = Operation(
        "people.tracks", VisibleRequest, VisibleTracks, "The tracks among some ids that a person may see."
    )
    browse = Operation("people.browse", BrowseRequest, BrowseResult, "Finds what a person can start a list from.")
    chips = Operation("people.chips", ChipsRequest, Chips, "The tracks that stand for albums, artists and genres.")
    files = Operation("people.files", VisibleRequest, TrackFiles, "The files of the tracks that a person may see.")
    mixes = Operation("people.mixes", PersonRequest, MixesKnown, "The seeds and tracks of a person's mixes.")
    upload = Operation("uploads.process", UploadRequest, Uploaded, "Examines an upload, splits it and embeds it.")
    give_up_upload = Operation("uploads.give_up", GiveUpRequest, Nothing, "Ends an upload that no caller waits for.")


class LibraryClient(Blocking, Library):
    """For threads."""


class AsyncLibraryClient(Asyncio, Library):
    """For an event loop."""
