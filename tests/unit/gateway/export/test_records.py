"""The records of an export, from a mesh whose answers are chosen here."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence

from broker.wire import Reply, pack_map, unpack_map
from contract.labels import LabelledTrack, LabelledTracks, LabelsPage, LabelsPageRequest, SoundFacts
from contract.library import Library, TracksRequest
from contract.message import Message
from contract.operation import Buffer
from contract.search import LookupRequest, Search, StoredVectors
from contract.vocabulary import VERSION
from gateway.export.records import Record, parts

#: Audio ids by track id: `b` is another file of the recording `a`; `d` has no vector.
AUDIO = {"a": "one", "b": "one", "c": "two", "d": "three"}
VECTORS = {"a": [0.5, -0.25], "c": [1.0, 2.0]}


class Mesh:
    """Has two pages of labels."""

    async def call(
        self, _service: str, op: str, params: Message, blobs: Sequence[Buffer] = (), *, timeout: float, lane: str = ""
    ) -> Reply:
        answer: Message
        found: list[bytes] = []
        if op == Library.labels_page.name:
            assert isinstance(params, LabelsPageRequest)
            ids = ["a", "b"] if params.after is None else ["c", "d"]
            answer = LabelsPage(version=VERSION, track_ids=ids, next="b" if ids[0] == "a" else None, revision=4)
            found = [b""] * 3
        elif op == Library.labels.name:
            assert isinstance(params, TracksRequest)
            tracks = [
                LabelledTrack(track_id=i, labels=[], facts=SoundFacts(), audio_id=AUDIO[i]) for i in params.track_ids
            ]
            answer = LabelledTracks(tracks=tracks)
        else:
            assert op == Search.lookup.name
            assert isinstance(params, LookupRequest)
            ids = [track_id for track_id in params.track_ids if track_id in VECTORS]
            answer = StoredVectors(track_ids=ids, dim=2)
            found = [b"".join(struct.pack("<2f", *VECTORS[i]) for i in ids)]
        return Reply(unpack_map(pack_map(answer)), [memoryview(blob) for blob in found])


async def read() -> list[Record]:
    return [record async for page in parts(Mesh(), "fusion") for record in page]


def test_each_recording_comes_once_with_its_vector() -> None:
    records = asyncio.run(read())

    assert [(record.track.audio_id, record.vector) for record in records] == [
        ("one", [0.5, -0.25]),
        ("two", [1.0, 2.0]),
        ("three", None),
    ]
