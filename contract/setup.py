"""What the first run finds, tries, measures and writes: the gateway's page and `sonicmesh setup` share these types."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Final, Literal

from contract.bounds import MaxLen
from contract.fields import Count, Doc, FailFast, ModelName, Models
from contract.message import Message, message
from contract.track import Track

#: Longest path or address, in characters, and most pairs of a path map.
MAX_PATH: Final = 4_096
MAX_PAIRS: Final = 100

Path = Annotated[str, MaxLen(MAX_PATH)]


#: Why a database cannot be used: no such file, no right to read it, locked, another program's, without tracks, other.
DatabaseProblem = Literal["absent", "forbidden", "locked", "foreign", "empty", "unreadable"]
#: Why a file cannot be used: no such file, no right to read it, without content, other.
FileProblem = Literal["absent", "forbidden", "empty", "unreadable"]


@message
class FoundDatabase(Message):
    """A file that may be Navidrome's database. `problem` null: it can be used; `message` says more."""

    path: str
    tracks: Count
    demo: Annotated[bool, Doc("whether it is the demo library of the mesh")]
    problem: DatabaseProblem | None
    message: str


@message
class FoundMusic(Message):
    """A folder with music files. `files`: how many were seen in it and below before the search moved on."""

    path: str
    files: Count


@message
class SetupFindings(Message):
    """What a look around this machine found."""

    databases: Annotated[list[FoundDatabase], Doc("best first; the demo library last")]
    music: list[FoundMusic]
    looked: Annotated[list[str], Doc("folders that were searched")]
    unfinished: Annotated[list[str], Doc("folders that took too long")]
    navidrome: Annotated[list[str], Doc("addresses at which a Navidrome answers")]
    settings_file: Annotated[str, Doc("where the settings will be written")]
    problem: Annotated[str, Doc('why they cannot be written; "" if they can')]
    plugin_folder: Annotated[str, Doc("Navidrome's plugin folder, if it was mounted for the mesh to write into")]


@message
class PathPair(Message):
    """A folder as Navidrome names it, and its path here."""

    theirs: Path
    here: Path


@message
class SetupChoice(Message):
    """Which library. `path_map` null: propose one."""

    database: Path
    path_map: Annotated[list[PathPair], MaxLen(MAX_PAIRS), FailFast] | None = None


@message
class CheckRequest(SetupChoice):
    """Asks whether a library can be used. `navidrome_url` "": look for it."""

    navidrome_url: Path = ""


@message
class SetupLibrary(Message):
    """One of Navidrome's music folders. `here`: its path on this machine by the path map."""

    name: str
    path: str
    here: str
    tracks: Count


@message
class TriedFile(Message):
    """One of the files that were opened. `problem` null: it can be read."""

    title: str
    artist: str
    path: Annotated[str, Doc("as Navidrome names it")]
    here: Annotated[str, Doc("the path that was tried")]
    problem: FileProblem | None


@message
class SetupCheck(Message):
    """What a database holds, and whether its files can be read here."""

    database: str
    tracks: Count
    hours: Annotated[float, Doc("of music")]
    users: Count
    formats: Annotated[dict[str, int], Doc("tracks by the ending of their files, most first")]
    libraries: list[SetupLibrary]
    path_map: list[PathPair]
    proposed: Annotated[bool, Doc("whether the path map was found by trying, and is needed")]
    tried: list[TriedFile]
    readable: Annotated[int, Doc("how many of the tried files can be read")]
    navidrome_url: Annotated[str, Doc("the address that was asked, or at which Navidrome was found")]
    navidrome: Annotated[bool, Doc("whether Navidrome answers there")]


@message
class SetupModel(Message):
    """A model that can be chosen. `needs` says what is missing before it can be used; "" if nothing is."""

    name: str
    description: str
    license: str
    default: bool
    needs: str


@message
class SetupModels(Message):
    """The models, and what this machine has for them."""

    models: list[SetupModel]
    memory_bytes: Annotated[int, Doc("memory that the mesh may use")]
    processors: int


@message
class CostRequest(SetupChoice):
    """Asks what a model costs on this machine, measured on five tracks of the library."""

    model: ModelName


@message
class ModelCost(Message):
    """What a model costs here. Seconds are those of one worker."""

    model: str
    measured: Annotated[int, Doc("tracks that were measured")]
    tracks: Annotated[int, Doc("tracks of the library")]
    load_seconds: float
    seconds_per_track: Annotated[float, Doc("for a track of the library's average length")]
    workers: Annotated[int, Doc("workers that will share the work")]
    hours: Annotated[float, Doc("for the whole library with that many workers")]
    memory_bytes: Annotated[int, Doc("of each worker's process")]


@message
class ApplyRequest(SetupChoice):
    """What was chosen. `models` empty: the default. `install_plugin`: copy it into the mounted plugin folder."""

    navidrome_url: Path = ""
    models: Models = field(default_factory=list)
    install_plugin: bool = False


@message
class Applied(Message):
    """The settings are written."""

    settings_file: str
    variables: Annotated[dict[str, str], Doc("what was written")]
    restarting: Annotated[bool, Doc("whether the mesh restarts with them; if not, restart it yourself")]
    plugin: Annotated[str, Doc('where the plugin was put; "" if it was not')]


@message
class SetupPlugin(Message):
    """The plugin's file for Navidrome on this machine."""

    file: str


@message
class FirstList(Message):
    """A track that the mesh has heard, and what sounds like it, best first. `seed` null: nothing has a vector yet."""

    seed: Track | None
    tracks: list[Track]
