"""A model that a command loads once, in a process of its own, to find out what it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from contract.errors import MeshError
from workers.models.adapter import Adapter, adapter_class
from workers.models.device import choose_device
from workers.models.memory import give_back_memory
from workers.models.registry import spec
from workers.runtime.settings import WorkerSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@contextmanager
def loaded_once(model: str, settings: WorkerSettings) -> Iterator[tuple[Adapter, float]]:
    """Yields `model`, ready, and the seconds that loading took; leaves nothing loaded.

    Raises `InvalidRequest`, `ModelUnavailable`, `OutOfMemory`.
    """
    adapter = adapter_class(spec(model))(spec(model), settings)
    adapter.check()
    adapter.device = choose_device(adapter.spec, settings, ())
    began = time.monotonic()
    try:
        adapter.load()
        adapter.warm_up()
        yield adapter, time.monotonic() - began
    finally:
        adapter.unload()
        give_back_memory()


def print_outcome(work: Callable[[], DataclassInstance]) -> int:
    """Print one JSON document, the `result` of `work` or its `error`. Returns the exit code."""
    try:
        document: dict[str, Any] = {"result": asdict(work())}
    except MeshError as error:
        document = {"error": error.to_wire()}
    print(json.dumps(document))  # noqa: T201  read by the command
    return int("error" in document)
