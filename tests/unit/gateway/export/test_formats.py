"""The formats of an export."""

from __future__ import annotations

import builtins
import io
from typing import Any

import orjson
import pytest

from contract.errors import InvalidRequest
from contract.labels import LabelledTrack, SoundFacts, TrackLabel
from gateway.export.formats import exporter
from gateway.export.records import Record

RECORDS = [
    Record(
        LabelledTrack(
            track_id="t1",
            labels=[TrackLabel(name="piano", kind="instrument", score=0.97, accuracy="measured")],
            facts=SoundFacts(bpm=120.5, key="A minor"),
            audio_id="a1",
        ),
        "fusion",
        [0.5, -0.25],
    ),
    Record(LabelledTrack(track_id="t2", labels=[], facts=SoundFacts(), audio_id="a2"), "fusion", None),
]


def test_json_lines_have_one_document_per_recording() -> None:
    form = exporter("jsonl")
    lines = (form.page(RECORDS) + form.end()).splitlines()
    first, second = map(orjson.loads, lines)
    assert (first["audio_id"], first["key"], first["bpm"], first["vector"]) == ("a1", "A minor", 120.5, [0.5, -0.25])
    assert first["labels"] == [{"name": "piano", "kind": "instrument", "score": 0.97, "accuracy": "measured"}]
    assert (second["audio_id"], second["labels"], second["loudness_lufs"], second["vector"]) == ("a2", [], None, None)


def test_parquet_holds_the_same() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    form = exporter("parquet")
    written = form.page(RECORDS[:1]) + form.page([]) + form.page(RECORDS[1:]) + form.end()
    rows = parquet.read_table(io.BytesIO(written)).to_pylist()
    assert [row["audio_id"] for row in rows] == ["a1", "a2"]
    assert (rows[0]["vector"], rows[0]["labels"][0]["name"], rows[1]["vector"]) == ([0.5, -0.25], "piano", None)


def test_parquet_without_its_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(InvalidRequest, match="needs the package pyarrow"):
        exporter("parquet")
