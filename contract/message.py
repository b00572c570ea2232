"""Messages: frozen dataclasses that one process sends to another.

A message is plain Python, so the broker needs no validation library. When a message enters a process,
`contract.reading` checks it against its annotations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import FrozenInstanceError, dataclass, fields
from operator import attrgetter
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform

from contract.construction import construct

M = TypeVar("M", bound="Message")


class Message:
    """Base class of all messages: exact types (no text for a number), finite numbers, no unknown fields."""

    __slots__ = ()
    #: Fields that are not sent while they are None; readers take their absence for None.
    left_out: ClassVar[tuple[str, ...]] = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"strict": True, "extra": "forbid", "allow_inf_nan": False}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Returns a schema that reads maps but keeps fields strict: a strict dataclass accepts only instances."""
        schema = handler(source)
        inner = schema
        while inner["type"] != "dataclass":
            inner = inner["schema"]
        inner["strict"] = False
        return schema

    # One definition for all messages: dataclass would write each of these once per class, which multiplies what a
    # message takes in memory and in the time to import it.

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and _values(self) == _values(other))

    def __hash__(self) -> int:
        return hash(tuple(_values(self)))

    def __getstate__(self) -> list[Any]:
        return _values(self)

    def __setstate__(self, state: Sequence[Any]) -> None:
        for name, value in zip(_names(type(self)), state, strict=True):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in _names(type(self)))
        return f"{type(self).__qualname__}({told})"


@dataclass_transform(kw_only_default=True, frozen_default=True)
def message(cls: type[M]) -> type[M]:
    """Makes a class a message: frozen, with slots and keyword-only arguments."""
    made = dataclass(init=False, slots=True, kw_only=True, eq=False, repr=False, match_args=False)(cls)
    type.__setattr__(made, "__init__", construct)
    return made


@message
class Nothing(Message):
    """No fields."""


def fields_of(value: Any) -> dict[str, Any]:
    """Returns a message's fields by name; nested messages stay messages. Raises `TypeError` for anything else.

    msgpack calls it for values that it does not know, so it packs nested messages too.
    """
    kind = type(value)
    return (_WRITERS.get(kind) or _writer(kind))(value)


def plain(value: Any) -> Any:
    """Turns a message into maps and lists, all the way down; other values stay as they are."""
    if isinstance(value, Message):
        return {name: plain(item) for name, item in fields_of(value).items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def common(value: Message, kind: type[M], **more: Any) -> M:
    """Returns a `kind` made of the fields that it shares with `value`, plus `more`."""
    names, get = _SHARED.get((type(value), kind)) or _shared(type(value), kind)
    return kind(**(dict(zip(names, get(value), strict=True)) | more))


_SHARED: Final[dict[tuple[type[Any], type[Any]], tuple[tuple[str, ...], Callable[[Any], Sequence[Any]]]]] = {}
"""Names of the fields that two types share and the function that reads them; made on first use."""


def _shared(source: type[Any], other: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], Sequence[Any]]]:
    wanted = set(_names(other))
    names = tuple(name for name in _names(source) if name in wanted)
    entry = _SHARED[source, other] = names, _getter(names)
    return entry


_WRITERS: Final[dict[type[Any], Callable[[Any], dict[str, Any]]]] = {}
"""The function that turns a message into a map, by type; made when the first one is sent."""


def _writer(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
    if not issubclass(kind, Message):
        raise TypeError(f"{kind.__name__} is not a message")
    names = _names(kind)
    get = _getter(names)

    def write(value: Any) -> dict[str, Any]:
        return dict(zip(names, get(value), strict=True))

    def write_what_is_there(value: Any) -> dict[str, Any]:
        return {name: item for name, item in write(value).items() if item is not None or name not in kind.left_out}

    _WRITERS[kind] = write_what_is_there if kind.left_out else write
    return _WRITERS[kind]


def _values(value: Message) -> list[Any]:
    return [getattr(value, name) for name in _names(type(value))]


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _getter(names: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    return attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, name) for name in names]
