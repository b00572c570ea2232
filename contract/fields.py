"""Types of fields, with bounds that are checked whenever a message is read and shown in `/openapi.json`.

The markers are plain objects that pydantic queries for their meaning, so this file does not need pydantic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from contract.bounds import Ge, Le, MaxLen, MinLen

#: Largest finite float32, as msgpack and the store carry vectors.
FLOAT32_MAX: Final = 3.4028234663852886e38
#: Whole numbers beyond this fit neither msgpack nor SQLite.
INT64_MAX: Final = 2**63 - 1
#: Longest id, name or label, in characters.
MAX_NAME: Final = 512
#: Longest text to embed, in characters.
MAX_TEXT: Final = 2_000
#: Most models in one list.
MAX_MODELS: Final = 32
#: Most numbers in one vector; the largest known model has 76,800.
MAX_COMPONENTS: Final = 1_000_000

#: Marks the schema of a model's name for the code that writes the OpenAPI description.
MODEL_MARK: Final = "x-model"


@dataclass(frozen=True)
class Doc:
    """The meaning of a field, for the OpenAPI description."""

    text: str

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(schema), "description": self.text}


@dataclass(frozen=True)
class Described:
    """Extra keywords in a field's JSON schema."""

    words: tuple[tuple[str, Any], ...]

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {**handler(schema), **dict(self.words)}


@dataclass(frozen=True)
class Before:
    """A conversion applied to a value before it is checked."""

    change: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self.change, handler(source))


@dataclass(frozen=True)
class NullIs:
    """Replaces `null` with what `make` returns; `/openapi.json` says that `null` is allowed."""

    make: Callable[[], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(self._given, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {"anyOf": [handler(schema), {"type": "null"}]}

    def _given(self, value: Any) -> Any:
        return self.make() if value is None else value


@dataclass(frozen=True)
class Between:
    """Bounds of a number. Every error names both bounds and whether the number must be whole."""

    least: float
    most: float

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        from pydantic_core import core_schema

        bounded = {**handler(source), "ge": self.least, "le": self.most}
        what = "a whole number" if bounded["type"] == "int" else "a number"
        return core_schema.custom_error_schema(
            bounded, "range", custom_error_message=f"expected {what} from {self.least:g} to {self.most:g}"
        )


@dataclass(frozen=True)
class StopsAtFirstFault:
    """Stops checking a list at its first bad entry: it may have millions."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "fail_fast": True}


def integral(value: Any) -> Any:
    """Turns a whole float into an integer: JSON has one kind of number, so 25.0 is 25; 25.5 stays as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _few(value: Any) -> Any:
    """Counts a map's entries before they are checked: pydantic does not stop at a map's first bad entry."""
    if isinstance(value, dict) and len(value) > MAX_MODELS:
        raise ValueError(f"expected at most {MAX_MODELS} entries, not {len(value)}")
    return value


#: Go writes a nil slice as null.
NullIsEmpty: Final = NullIs(list)
FailFast: Final = StopsAtFirstFault()
#: Put bounds before it: only then does `/openapi.json` show them.
INTEGRAL: Final = Before(integral)
#: For maps by model.
FewEntries: Final = Before(_few)

Integer = Annotated[int, Ge(-INT64_MAX), Le(INT64_MAX), INTEGRAL]
Positive = Annotated[int, Ge(1), Le(INT64_MAX), INTEGRAL]
Count = Annotated[int, Ge(0), Le(INT64_MAX), INTEGRAL]
Share = Annotated[float, Ge(0), Le(1)]
Name = Annotated[str, MaxLen(MAX_NAME)]
Label = Annotated[str, MinLen(1), MaxLen(MAX_NAME)]
Text = Annotated[str, MaxLen(MAX_TEXT)]
Component = Annotated[float, Ge(-FLOAT32_MAX), Le(FLOAT32_MAX)]
Vector = Annotated[list[Component], MinLen(1), MaxLen(MAX_COMPONENTS), FailFast]
#: Numbers in a vector; our largest has 76,800.
Dimension = Annotated[int, Ge(0), Le(2**24)]
#: `/openapi.json` lists the names that this mesh knows (`MODEL_MARK`).
ModelName = Annotated[Label, Described(((MODEL_MARK, True),))]
Models = Annotated[list[ModelName], MaxLen(MAX_MODELS), FailFast]
