"""The manifest of a backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, Field, ValidationError, model_validator

from contract.errors import InvalidRequest
from workers.folder.version_file import MOST_VERSION
from workers.folder.versions import UNWRITTEN, newest
from workers.search.store.transfer import GenerationInfo

#: Version of the file's layout. Increase it when an older release could not read the file correctly.
FORMAT: Final = 1
PRODUCT: Final = "sonic-mesh backup"
NAME: Final = "manifest.json"
#: Most pages of one model: what the numbers in their names have room for.
MOST_PAGES: Final = 1_000_000
STATE: Final = "state.db"
UPLOADS: Final = "uploads.db"
SCALE: Final = "scale.json"
SETTINGS: Final = "settings.env"


class BadBackup(InvalidRequest):
    """A file that is not a backup, is incomplete, or comes from a newer release."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupModel:
    """The vectors of one model: their info, their checksum, and the number of pages."""

    info: GenerationInfo
    checksum: str
    pages: int

    def to_wire(self) -> dict[str, Any]:
        return {**self.info.to_wire(), "checksum": self.checksum, "pages": self.pages}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup contains.

    `created_at` in unix seconds; `tables`: number of rows by table of `state.db`; `waiting`: number of vectors in
    `uploads.db`; `data_version`: version of the data folder that the files come from.
    """

    created_at: float
    store: str
    models: tuple[BackupModel, ...]
    tables: Mapping[str, int] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    secrets: bool = False
    waiting: int = 0
    data_version: int = UNWRITTEN

    def pack(self) -> bytes:
        value = {
            "product": PRODUCT,
            "format": FORMAT,
            "created_at": self.created_at,
            "store": self.store,
            "secrets": self.secrets,
            "tables": dict(self.tables),
            "waiting": self.waiting,
            "data_version": self.data_version,
            "models": [model.to_wire() for model in self.models],
            "members": {name: asdict(member) for name, member in self.members.items()},
        }
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)

    @classmethod
    def unpack(cls, data: bytes) -> Manifest:
        """Read a manifest. Raises `BadBackup` that says what is wrong with it."""
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise BadBackup(f"its {NAME} cannot be read: {error}") from error
        if not isinstance(value, dict) or value.get("product") != PRODUCT:
            raise BadBackup("it is not a backup of Sonic Mesh")
        version = value.get("format")
        if not isinstance(version, int) or version > FORMAT:
            raise BadBackup(f"its format is {version}, this release supports up to {FORMAT}: update Sonic Mesh")
        try:
            wire = _Wire.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise BadBackup(f"its {NAME} is not what this release writes: {place}: {first['msg']}") from error
        if wire.data_version > newest():
            raise BadBackup(
                f"it comes from a data folder of version {wire.data_version}, this release supports up to {newest()}: "
                "update Sonic Mesh"
            )
        return cls(
            created_at=wire.created_at,
            store=wire.store,
            models=tuple(model.to_model() for model in wire.models),
            tables=wire.tables,
            members={name: Member(member.size, member.sha256) for name, member in wire.members.items()},
            secrets=wire.secrets,
            waiting=wire.waiting,
            data_version=wire.data_version,
        )


#: Somebody may have made the file by hand, so types are strict and names may hold nothing but names.
_Count = Annotated[int, Field(ge=0, le=2**53)]
_Dimension = Annotated[int, Field(ge=1, le=2**20)]
_Word = Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _WireMember(BaseModel, strict=True):
    size: _Count
    sha256: _Digest


class _WireModel(BaseModel, strict=True):
    model: _Word
    collection: _Word
    generation: _Word
    dimension: _Dimension
    stored_dimension: _Dimension
    count: _Count
    checksum: _Digest
    pages: Annotated[int, Field(ge=0, le=MOST_PAGES)]

    def to_model(self) -> BackupModel:
        info = GenerationInfo(**{each.name: getattr(self, each.name) for each in fields(GenerationInfo)})
        return BackupModel(info, self.checksum, self.pages)


class _Wire(BaseModel, strict=True):
    created_at: Annotated[float, Field(ge=0, le=1e11)]
    store: Annotated[str, Field(max_length=64)]
    models: Annotated[list[_WireModel], Field(max_length=64, fail_fast=True)]
    tables: dict[str, _Count]
    members: dict[str, _WireMember]
    secrets: bool
    waiting: _Count = 0
    data_version: Annotated[int, Field(ge=1, le=MOST_VERSION)] = UNWRITTEN

    @model_validator(mode="after")
    def _each_model_once(self) -> _Wire:
        if len({entry.model for entry in self.models}) < len(self.models):
            raise ValueError("a model is named twice")
        for entry in self.models:
            pages = (name for number in range(entry.pages) for name in page_names(entry.model, number))
            if missing := next((name for name in pages if name not in self.members), None):
                raise ValueError(f"{missing} is not among the members")
        return self


def page_names(model: str, number: int) -> tuple[str, str]:
    """Return the member names of one page: its rows as JSON, its vectors as raw little-endian float32."""
    return f"vectors/{model}/{number:06}.json", f"vectors/{model}/{number:06}.f32"
