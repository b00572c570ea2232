"""What the parts of a job share, and calls that wait for a part of the mesh that is away."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any, Final

from broker.client import MeshClient
from broker.events import EventPublisher
from broker.wire import Reply
from contract.errors import MeshError
from contract.operation import BATCH
from workers.library.catalogue.catalogue import Catalogue
from workers.library.jobs.backoff import Backoff, passes
from workers.library.jobs.control import Control
from workers.library.jobs.models import Models
from workers.library.jobs.records import Jobs
from workers.library.settings import LibrarySettings
from workers.library.state.database import State
from workers.library.uploads.waiting import Waiting

#: Seconds that one call to the store may take.
STORE_SECONDS: Final = 60.0
#: Seconds between two looks at what others want while a call is under way.
LOOK_SECONDS: Final = 0.1


class Interrupted(Exception):
    """The job shall put down its work."""


class JobFailed(Exception):
    """The job cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Context:
    """The library worker's things, as the job's thread uses them."""

    settings: LibrarySettings
    state: State
    catalogue: Catalogue
    jobs: Jobs
    models: Models
    client: MeshClient
    events: EventPublisher
    control: Control
    #: Vectors of uploads that need not be computed again.
    waiting: Waiting

    def call(
        self,
        service: str,
        op: str,
        params: Mapping[str, Any] | None = None,
        timeout: float = STORE_SECONDS,
        lane: str = BATCH,
    ) -> Reply:
        """One call. Raises a `MeshError`, or `Interrupted` as soon as that is wanted."""
        future = self.client.submit(service, op, params, timeout=timeout, lane=lane)
        while True:
            if self.control.interrupted:
                future.cancel()
                raise Interrupted
            try:
                return future.result(LOOK_SECONDS)
            except NotYet:
                continue

    def call_patiently(self, service: str, op: str, params: Mapping[str, Any] | None = None) -> Reply:
        """As `call`, again and again while the part that shall answer is away."""
        backoff = Backoff()
        while True:
            if self.control.interrupted:
                raise Interrupted
            if backoff.waits:
                self.control.wait()
                continue
            try:
                reply = self.call(service, op, params)
            except MeshError as error:
                if not passes(error):
                    raise
                backoff.failed(error)
                self.control.waits_for = backoff.wait
            else:
                self.control.waits_for = None
                return reply
