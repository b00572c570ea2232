"""The formats of an export: JSON lines, and Parquet where `pyarrow` is installed."""

from __future__ import annotations

import importlib
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Literal

import orjson

from contract.errors import InvalidRequest
from contract.labels import FACTS
from gateway.export.records import Record

ExportFormat = Literal["jsonl", "parquet"]
#: Media types by format.
MEDIA: Final = {"jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}


class Exporter(ABC):
    """Turns records into bytes, page by page."""

    @abstractmethod
    def page(self, records: Sequence[Record]) -> bytes:
        """Return the bytes of further records."""

    @abstractmethod
    def end(self) -> bytes:
        """Return the last bytes."""


class JsonLines(Exporter):
    """One JSON document per line."""

    def page(self, records: Sequence[Record]) -> bytes:
        return b"".join(orjson.dumps(record.fields(), option=orjson.OPT_APPEND_NEWLINE) for record in records)

    def end(self) -> bytes:
        return b""


class Parquet(Exporter):
    """One row group per page. Raises `InvalidRequest` without `pyarrow`."""

    def __init__(self) -> None:
        try:
            self._arrow: Any = importlib.import_module("pyarrow")
            parquet: Any = importlib.import_module("pyarrow.parquet")
        except ImportError:
            raise InvalidRequest(
                "format: Parquet needs the package pyarrow (`pip install sonic-mesh[export]`); jsonl needs none",
                {"field": "format", "reason": "not installed"},
            ) from None
        self._schema = self._make_schema()
        self._buffer = _Sink()
        self._writer = parquet.ParquetWriter(self._buffer, self._schema)

    def page(self, records: Sequence[Record]) -> bytes:
        if records:
            rows = [record.fields() for record in records]
            self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        return self._buffer.take()

    def end(self) -> bytes:
        self._writer.close()
        return self._buffer.take()

    def _make_schema(self) -> Any:
        text, number = self._arrow.string(), self._arrow.float32()
        label = self._arrow.struct([("name", text), ("kind", text), ("score", number), ("accuracy", text)])
        facts = [(name, text if name == "key" else number) for name in FACTS]
        first = [("audio_id", text), ("track_id", text), ("labels", self._arrow.list_(label))]
        return self._arrow.schema([*first, *facts, ("model", text), ("vector", self._arrow.list_(number))])


class _Sink(io.RawIOBase):
    """A file that hands out what was written since the last time."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        self._held += data
        self._at += len(data)
        return len(data)

    def take(self) -> bytes:
        found, self._held = bytes(self._held), bytearray()
        return found


def exporter(form: ExportFormat) -> Exporter:
    """Return the exporter of a format. Raises `InvalidRequest` if it cannot be used here."""
    return Parquet() if form == "parquet" else JsonLines()
