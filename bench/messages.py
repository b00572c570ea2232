"""The cost of describing messages: `python -m bench.messages`.

Reads and writes a request of 50 seeds with each library that could describe it, compared with msgpack alone. A process
that imports only that library reports its start-up time and memory. Libraries that are not installed are skipped; `pip
install msgspec cattrs` adds them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Annotated, Any, Final

import msgpack
from pydantic import BaseModel, ConfigDict, Field

from bench.report import Row, report
from contract.message import fields_of
from contract.reading import read
from contract.search import RecommendRequest, Seed

SEEDS: Final = 50
ROUNDS: Final = 7
CALLS: Final = 500
STARTS: Final = 5

#: Imports needed to use each library.
IMPORTS: Final = {
    "nothing": "pass",
    "dataclasses, annotated-types": "import dataclasses, annotated_types",
    "msgspec": "import msgspec",
    "attrs, cattrs": "import attrs, cattrs",
    "pydantic": "import pydantic; pydantic.TypeAdapter(dict[str, int])",
}
PROBE: Final = """
import time
began = time.perf_counter()
{code}
seconds = time.perf_counter() - began
rss = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(seconds, rss)
"""


class ModelSeed(BaseModel):
    """A seed as a pydantic model."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    track_id: str = ""
    weight: float = Field(1.0, ge=0)
    source: str = ""
    embedding: list[float] | None = None


class ModelRequest(BaseModel):
    """The relevant fields of the request as a pydantic model."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    limit: int = Field(25, ge=1, le=500)
    seeds: list[ModelSeed] = []
    diversity: float = Field(0.0, ge=0, le=1)
    exclude_track_ids: list[str] = []


@dataclass(frozen=True)
class PlainSeed:
    """A seed for cattrs."""

    track_id: str = ""
    weight: float = 1.0
    source: str = ""
    embedding: list[float] | None = None


@dataclass(frozen=True)
class PlainRequest:
    """The relevant fields of the request for cattrs."""

    limit: int = 25
    seeds: list[PlainSeed] = field(default_factory=list)
    diversity: float = 0.0
    exclude_track_ids: list[str] = field(default_factory=list)


def microseconds(call: Callable[[], Any]) -> float:
    """Returns the best of several rounds."""
    call()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            call()
        best = min(best, time.perf_counter() - began)
    return 1e6 * best / CALLS


def request() -> RecommendRequest:
    """50 seeds, 50 tracks to leave out."""
    ids = [f"{number:032x}" for number in range(SEEDS)]
    return RecommendRequest(seeds=[Seed(track_id=each) for each in ids], exclude_track_ids=ids, limit=25, diversity=0.3)


def ways() -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Returns, by name, functions that read the request from msgpack and write it."""
    whole = request()
    packed = msgpack.packb(whole, default=fields_of)
    few = msgpack.packb({name: value for name, value in msgpack.unpackb(packed).items() if name in FEW})
    model = ModelRequest.model_validate(msgpack.unpackb(few))
    unpacked = msgpack.unpackb(packed)
    found = {
        "msgpack alone": (lambda: msgpack.unpackb(packed), lambda: msgpack.packb(unpacked)),
        "the contract: dataclasses read by pydantic": (
            lambda: read(RecommendRequest, msgpack.unpackb(packed)),
            lambda: msgpack.packb(whole, default=fields_of),
        ),
        "dataclasses written by asdict": (lambda: None, lambda: msgpack.packb(asdict(whole))),
        "pydantic models (4 of the fields)": (
            lambda: ModelRequest.model_validate(msgpack.unpackb(few)),
            lambda: msgpack.packb(model.model_dump()),
        ),
    }
    if find_spec("msgspec"):
        found["msgspec (4 of the fields)"] = with_msgspec(few)
    if find_spec("cattrs"):
        found["cattrs (4 of the fields)"] = with_cattrs(few)
    return found


FEW: Final = ("limit", "seeds", "diversity", "exclude_track_ids")


def with_msgspec(packed: bytes) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Converts directly from and to bytes."""
    import msgspec

    seed = msgspec.defstruct(
        "Seed",
        [
            ("track_id", str, ""),
            ("weight", Annotated[float, msgspec.Meta(ge=0)], 1.0),
            ("source", str, ""),
            ("embedding", list[float] | None, None),
        ],
        forbid_unknown_fields=True,
        frozen=True,
    )
    asked = msgspec.defstruct(
        "Request",
        [
            ("limit", Annotated[int, msgspec.Meta(ge=1, le=500)], 25),
            ("seeds", list[seed], []),  # type: ignore[valid-type]  # created at run time
            ("diversity", Annotated[float, msgspec.Meta(ge=0, le=1)], 0.0),
            ("exclude_track_ids", list[str], []),
        ],
        forbid_unknown_fields=True,
        frozen=True,
    )
    decoder, encoder = msgspec.msgpack.Decoder(asked), msgspec.msgpack.Encoder()
    value = decoder.decode(packed)
    return lambda: decoder.decode(packed), lambda: encoder.encode(value)


def with_cattrs(packed: bytes) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Does not check bounds."""
    import cattrs

    converter = cattrs.Converter(forbid_extra_keys=True)
    value = converter.structure(msgpack.unpackb(packed), PlainRequest)
    return (
        lambda: converter.structure(msgpack.unpackb(packed), PlainRequest),
        lambda: msgpack.packb(converter.unstructure(value)),
    )


def start(code: str) -> tuple[float, float]:
    """Returns milliseconds (the best of several) and MiB of a process that runs the import."""
    told = [
        subprocess.run([sys.executable, "-c", PROBE.format(code=code)], capture_output=True, text=True, check=False)
        for _ in range(STARTS)
    ]
    if told[0].returncode:
        return float("nan"), float("nan")
    values = [tuple(map(float, one.stdout.split())) for one in told]
    return 1000 * min(seconds for seconds, _ in values), values[0][1] / 1024


def main() -> int:
    rows: list[Row] = []
    for name, (reads, writes) in ways().items():
        rows += [Row(f"{name}, read", microseconds(reads), "us"), Row(f"{name}, write", microseconds(writes), "us")]
    for name, code in IMPORTS.items():
        milliseconds, memory = start(code)
        rows += [Row(f"import {name}", milliseconds, "ms"), Row(f"import {name}: memory", memory, "MiB")]
    return report(f"messages: a request of {SEEDS} seeds, and the cost of importing each library", rows, False)


if __name__ == "__main__":
    sys.exit(main())
