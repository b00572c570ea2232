"""What the parts of a job share, and calls that wait for an unavailable part of the mesh."""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Final, TypeVar

from broker.client import MeshClient
from broker.events import EventPublisher
from contract.embedding import EmbeddingClient, embedding_service
from contract.errors import MeshError
from contract.mesh import ManagementClient
from contract.message import Message
from contract.operation import BATCH, BlockingCall, ReplyWithBlobs
from contract.search import SearchClient
from workers.library.catalogue.catalogue import Catalogue
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.control import Control
from workers.library.jobs.models import Models
from workers.library.jobs.records import Jobs
from workers.library.labels.store import LabelStore
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.library.uploads.waiting_vectors import WaitingVectors

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

#: Seconds that one call to the store may take.
STORE_SECONDS: Final = 60.0
#: Seconds between two checks for an interruption during a call.
LOOK_SECONDS: Final = 0.1


class Interrupted(Exception):
    """The job must stop working for now."""


class JobFailed(Exception):
    """The job cannot continue; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Context:
    """The library worker's objects, as the job's thread uses them."""

    settings: LibrarySettings
    state: StateDatabase
    catalogue: Catalogue
    jobs: Jobs
    models: Models
    client: MeshClient
    events: EventPublisher
    control: Control
    #: Vectors of uploads, which need not be computed again.
    waiting: WaitingVectors
    labels: LabelStore

    @property
    def search(self) -> SearchClient:
        """The store of vectors."""
        return SearchClient(self.client)

    @property
    def broker(self) -> ManagementClient:
        return ManagementClient(self.client)

    def embedding(self, model: str) -> EmbeddingClient:
        """The service of a model."""
        return EmbeddingClient(self.client, embedding_service(model))

    def ask(self, operation: BlockingCall[Q, A], request: Q, *, timeout: float = STORE_SECONDS, lane: str = BATCH) -> A:
        """Make one call. Raises `MeshError`, or `Interrupted` as soon as the job is interrupted."""
        return self._answer(operation, request, timeout, lane).value

    def _answer(self, operation: BlockingCall[Q, A], request: Q, timeout: float, lane: str) -> ReplyWithBlobs[A]:
        future = operation.submit(request, timeout=timeout, lane=lane)
        while True:
            if self.control.interrupted:
                future.cancel()
                raise Interrupted
            try:
                return future.result(LOOK_SECONDS)
            except NotYet:
                continue

    def ask_patiently(self, operation: BlockingCall[Q, A], request: Q) -> A:
        """Make a call like `ask`; retry while the part that answers is unavailable."""
        return self.answer_patiently(operation, request).value

    def answer_patiently(self, operation: BlockingCall[Q, A], request: Q) -> ReplyWithBlobs[A]:
        """Do the same for a reply with blobs."""
        backoff = Backoff()
        while True:
            if self.control.interrupted:
                raise Interrupted
            if backoff.waits:
                self.control.wait()
                continue
            try:
                answer = self._answer(operation, request, STORE_SECONDS, BATCH)
            except MeshError as error:
                if not passes(error):
                    raise
                backoff.failed(error)
                self.control.waits_for = backoff.wait
            else:
                self.control.waits_for = None
                return answer
