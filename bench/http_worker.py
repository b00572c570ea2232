"""The services behind the gateway under test, on the real worker loop: `python -m bench.http_worker embed|library`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from bench.http_peers.echo import DIMENSION, MODEL, numbers
from broker.process import on_stop, setup_logging
from broker.vectors import Vectors, pack_vectors
from broker.wire import Reply
from contract.embedding import EmbeddedTexts, Embedding, embedding_service
from contract.library import KnownModel, KnownModels, Library
from contract.message import fields_of
from contract.settings import load_settings
from workers.runtime.leave import leave
from workers.runtime.service import Call, Handler, Outcome, Service
from workers.runtime.serving import served
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker


class Echo(Service):
    """`embed.echo`: takes all waiting requests, as a model does."""

    credit: ClassVar[int] = 64

    @property
    def name(self) -> str:
        return embedding_service(MODEL)

    def operations(self) -> Mapping[str, Handler]:
        return {Embedding.text.name: Handler(_embed, batch=64)}


class LibraryStandIn(Service):
    """Tells the gateway about the one model; the request needs nothing else of the real library."""

    @property
    def name(self) -> str:
        return Library.service

    def operations(self) -> Mapping[str, Handler]:
        model = KnownModel(name=MODEL, dimension=DIMENSION, text=True, license="", description="", enabled=True)
        known = KnownModels(models=[model], default_model=MODEL, foreign=[])
        return served(Library.models, lambda _request, _call: known)


def _embed(calls: Sequence[Call]) -> list[Outcome]:
    result = fields_of(EmbeddedTexts(dim=DIMENSION, model_id=MODEL, is_stub=False))
    return [Reply(result, [pack_vectors(_vectors(call.params["texts"]))]) for call in calls]


def _vectors(texts: Sequence[str]) -> Vectors:
    return np.array([numbers(text) for text in texts], np.float32)


def main(kind: str) -> int:
    """Serve until SIGTERM."""
    settings = load_settings(WorkerSettings)
    setup_logging(settings.log_level)
    worker = Worker(Echo() if kind == "embed" else LibraryStandIn(), f"{kind}_01", settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    leave(main(sys.argv[1]))
