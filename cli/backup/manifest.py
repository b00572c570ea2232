"""What a backup says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import orjson

from broker.errors import InvalidRequest
from workers.search.transfer import Holding

#: Version of the file's layout. It grows when an older release could not read the file correctly.
FORMAT: Final = 1
PRODUCT: Final = "sonic-mesh backup"
NAME: Final = "manifest.json"
STATE: Final = "state.db"
UPLOADS: Final = "uploads.db"
SCALE: Final = "scale.json"
SETTINGS: Final = "settings.env"


class BadBackup(InvalidRequest):
    """A file that is no backup, not a whole one, or one of a newer release."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside the backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """The vectors of one model: where they were, how many, their checksum, and the members that hold them."""

    holding: Holding
    checksum: str
    pages: int

    def to_wire(self) -> dict[str, Any]:
        return {**self.holding.to_wire(), "checksum": self.checksum, "pages": self.pages}


@dataclass(frozen=True, slots=True)
class Manifest:
    """`created_at` in unix seconds; `tables`: rows of the tables of `state.db`; `waiting`: vectors in `uploads.db`."""

    created_at: float
    store: str
    models: tuple[Model, ...]
    tables: Mapping[str, int] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    secrets: bool = False
    waiting: int = 0

    def pack(self) -> bytes:
        value = {
            "product": PRODUCT,
            "format": FORMAT,
            "created_at": self.created_at,
            "store": self.store,
            "secrets": self.secrets,
            "tables": dict(self.tables),
            "waiting": self.waiting,
            "models": [model.to_wire() for model in self.models],
            "members": {name: asdict(member) for name, member in self.members.items()},
        }
        return orjson.dumps(value, option=orjson.OPT_INDENT_2)

    @classmethod
    def unpack(cls, data: bytes) -> Manifest:
        """Raises `BadBackup` that says what is wrong with it."""
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise BadBackup(f"its {NAME} cannot be read: {error}") from error
        if not isinstance(value, dict) or value.get("product") != PRODUCT:
            raise BadBackup("it is no backup of Sonic Mesh")
        version = value.get("format")
        if not isinstance(version, int) or version > FORMAT:
            raise BadBackup(f"its format is {version}, this release reads up to {FORMAT}: update Sonic Mesh")
        try:
            return cls(
                created_at=float(value["created_at"]),
                store=str(value["store"]),
                models=tuple(map(_model, value["models"])),
                tables={str(name): int(rows) for name, rows in value["tables"].items()},
                members={str(name): Member(**member) for name, member in value["members"].items()},
                secrets=bool(value["secrets"]),
                waiting=int(value.get("waiting", 0)),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadBackup(f"its {NAME} is not what this release writes: {error!r}") from error


def _model(value: Mapping[str, Any]) -> Model:
    holding = Holding(**{each.name: value[each.name] for each in fields(Holding)})
    return Model(holding, str(value["checksum"]), int(value["pages"]))


def page_names(model: str, number: int) -> tuple[str, str]:
    """The members of one page: its rows as JSON and its vectors as raw little-endian float32."""
    return f"vectors/{model}/{number:06}.json", f"vectors/{model}/{number:06}.f32"
