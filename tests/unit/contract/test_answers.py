"""The client validates every reply, since anyone may have written the worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from broker.wire import Reply
from contract.embedding import Embedding
from contract.errors import BadAnswer, Internal
from contract.library import Library
from contract.mesh import Management, WorkerRow
from contract.operation import Operation
from contract.reading import read as read_message
from contract.search import Search
from contract.worker import PrivateWorker

SECONDS = {"decode": 0.1, "queue": 0.0, "compute": 0.2}
EMBEDDED = {
    "dim": 2,
    "model_id": "m",
    "duration": 1.5,
    "warning": None,
    "warning_message": None,
    "seconds": SECONDS,
}
ROW = {
    "service": "search",
    "worker": "search_01",
    "host": "here",
    "pid": 7,
    "credit": 4,
    "in_flight": 0,
    "since": 1.0,
    "silent_seconds": 0.1,
    "foreign": False,
}


@pytest.mark.parametrize(
    ("operation", "result", "field"),
    [
        (Search.recommend, {"tracks": "many", "warnings": []}, "tracks"),
        (Search.recommend, {"tracks": [{"track_id": "a", "score": float("nan")}], "warnings": []}, "tracks.0.score"),
        (Search.status, {"uri": "x", "models": {"muq": 7}}, "models.muq"),
        (Library.models, {"models": [{"name": 7}], "default_model": "auto", "foreign": []}, "models.0.name"),
        (Library.status, {"state": 1}, "state"),
        (Embedding.text, {"dim": "x", "model_id": "m", "is_stub": False}, "dim"),
        (Embedding.text, {"dim": 2**40, "model_id": "m", "is_stub": False}, "dim"),
        (Embedding.fits, {"fits": True, "needs_bytes": -1, "seen": []}, "needs_bytes"),
        (PrivateWorker.stats, {"loaded": "yes"}, "loaded"),
        (Management.workers, {"workers": [{**ROW, "pid": "seven"}]}, "workers.0.pid"),
        (Embedding.audio, {**EMBEDDED, "more": 1}, "more"),
        (Library.progress, {}, "status"),
    ],
)
def test_a_wrong_answer_names_its_service_operation_and_field(
    operation: Operation[Any, Any], result: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadAnswer) as told:
        operation.read("somebody", Reply(result, [bytes(8)]))
    first = told.value.message.partition(f"somebody sent an invalid reply to {operation.name}: ")
    assert first[1]
    assert field in first[2] or "Field required" in first[2]
    assert (told.value.code, told.value.detail) == (Internal.code, {"op": operation.name})


@pytest.mark.parametrize("blobs", [[], [bytes(4)], [bytes(12)], [bytes(8), bytes(8)], [bytes(7)]])
def test_one_vector_is_as_long_as_it_says(blobs: Sequence[bytes]) -> None:
    with pytest.raises(BadAnswer, match="expected one vector of 2 numbers"):
        Embedding.audio.read("embed.muq", Reply(EMBEDDED, blobs))
    assert Embedding.audio.read("embed.muq", Reply(EMBEDDED, [bytes(8)])).value.dim == 2


def test_a_row_of_a_worker_may_have_more_than_is_known() -> None:
    read = Management.workers.read("mmi.workers", Reply({"workers": [{**ROW, "colour": "green"}, ROW]}))
    assert read.value.by_service() == {"search": [read_message(WorkerRow, ROW)] * 2}
