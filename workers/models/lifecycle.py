"""The lifecycle of a model in a worker: load on first use, warm up, unload when idle, on request or to make room.

The compute thread does all the work; any thread may call `request` and read the public attributes.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Literal

from contract.errors import ErrorInfo, MeshError, ModelUnavailable, OutOfMemory
from contract.loading import LoadReason, ModelEvent, ModelLoaded, ModelLoadFailed, ModelLoading, ModelUnloaded
from contract.worker import LoadRequest, PrivateWorkerClient, worker_service
from workers.models.adapter import Adapter
from workers.models.device import choose_device
from workers.models.eviction import PATIENCE_SECONDS, reserve
from workers.models.memory import MemoryBudget, MemoryUse, give_back_memory, is_out_of_memory, own_process, readable
from workers.runtime.service import WorkerContext
from workers.runtime.settings import WorkerSettings

#: Seconds after a failed load during which calls do not retry it; an explicit load always does.
FAILURE_SECONDS: Final = 15.0
#: Seconds for another worker to accept the request to unload.
EVICT_SECONDS: Final = 2.0

Action = Literal["load", "unload"]

log = logging.getLogger(__name__)


class Lifecycle:
    """Loads and unloads one adapter, updates the budget and publishes `model.*` events."""

    def __init__(self, adapter: Adapter, settings: WorkerSettings, mesh: WorkerContext) -> None:
        self.loaded = False
        self.memory_bytes = 0
        self.error: MeshError | None = None
        self._adapter = adapter
        self._settings = settings
        self._mesh = mesh
        self._budget = MemoryBudget(settings.run_dir)
        #: The last load failed because something is missing, which `check` detects cheaply.
        self._lacked = False
        self._requests: deque[tuple[Action, LoadReason, float]] = deque()
        self._last_use = self._failed_at = self._next_check = float("-inf")

    def request(self, action: Action, reason: LoadReason) -> None:
        """Queue `action`; it runs when no call is waiting, and an event announces the outcome."""
        self._requests.append((action, reason, time.monotonic()))

    @contextlib.contextmanager
    def work(self) -> Iterator[None]:
        """Keep the model loaded and marked busy for one batch. Raises what `_load` raises."""
        if not self.loaded:
            self._recall_failure()
            self._load("request")
        self._mark(busy=True)
        try:
            yield
        finally:
            self._last_use = time.monotonic()
            self._mark(busy=False)

    def check(self) -> None:
        """Raise `ModelUnavailable` if a load cannot succeed; otherwise forget an earlier failure of that kind."""
        self._adapter.check()
        choose_device(self._adapter.spec, self._settings, ())
        if self._lacked:
            self.error, self._lacked = None, False

    def idle(self) -> None:
        """Run queued requests, and unload the model if it has been idle for too long."""
        while self._requests:
            action, reason, requested_at = self._requests.popleft()
            if action == "unload":
                if reason != "memory" or time.monotonic() - requested_at < PATIENCE_SECONDS:
                    self._unload(reason)  # older requests for memory have timed out
            elif not self.loaded:
                with contextlib.suppress(MeshError):  # the event reports it
                    self._load(reason)
        now = time.monotonic()
        if self.loaded and now >= self._next_check:
            self._next_check = now + self._settings.model_check_seconds
            if now - self._last_use >= self._settings.model_idle_seconds:
                self._unload("idle")

    def shut_down(self) -> None:
        """Unload because the process ends."""
        self._unload("shutdown")

    def _recall_failure(self) -> None:
        """Raise the error of a recent failed load instead of retrying, since a job makes thousands of calls."""
        if self._lacked:
            self.check()
        elif self.error is not None and time.monotonic() - self._failed_at < FAILURE_SECONDS:
            raise _fresh(self.error)

    def _load(self, reason: LoadReason) -> None:
        """Load and warm up. Raises `ModelUnavailable`, `OutOfMemory`; leaves nothing half-loaded."""
        began = time.monotonic()
        failure: MeshError | None = None
        try:
            self._bring_up(reason)
        except Exception as error:  # noqa: BLE001  adapters may be third-party code: typed and logged here, once
            failure = _typed(error, self._adapter.spec.name)
        seconds = time.monotonic() - began
        if failure is not None:  # after the except block, whose traceback keeps half-loaded parts alive
            self._give_up(failure, reason, seconds)
            raise failure
        self.loaded, self.error = True, None
        self.memory_bytes = self._adapter.needs_bytes
        self._last_use = time.monotonic()
        self._enter()
        log.info("%s loaded on %s in %.1f s, %s", *self._name(), seconds, readable(self.memory_bytes))
        self._tell(ModelLoaded, reason, seconds, self.memory_bytes)

    def _bring_up(self, reason: LoadReason) -> None:
        adapter = self._adapter
        self._lacked = True
        self.check()
        self._lacked = False
        adapter.device = choose_device(adapter.spec, self._settings, self._budget.uses().values())
        self._tell(ModelLoading, reason, 0.0, adapter.needs_bytes)
        if adapter.needs_bytes:
            reserve(self._budget, self._entry(loaded=False), self._settings, self._evict)
        adapter.load()
        adapter.warm_up()

    def _give_up(self, failure: MeshError, reason: LoadReason, seconds: float) -> None:
        log.warning("%s cannot be loaded: %s", self._adapter.spec.name, failure.message)
        self.error, self._failed_at = _fresh(failure), time.monotonic()
        self._clear()
        self._tell(partial(ModelLoadFailed, error=ErrorInfo.of(failure)), reason, seconds, 0)

    def _unload(self, reason: LoadReason) -> None:
        if not self.loaded and reason != "request":
            return
        began = time.monotonic()
        freed = self.memory_bytes
        if self.loaded:
            self._clear()
            log.info("%s unloaded from %s: %s", *self._name(), reason)
        # Announced even if nothing was loaded: a request means changed files, and other processes cache vectors.
        self._tell(ModelUnloaded, reason, time.monotonic() - began, freed)

    def _clear(self) -> None:
        self.loaded, self.memory_bytes = False, 0
        try:
            self._adapter.unload()
        except Exception:
            log.exception("unloading %s failed", self._adapter.spec.name)
        give_back_memory()
        self._budget.release(self._mesh.worker)

    def _enter(self) -> None:
        if self.memory_bytes:
            with self._budget.change() as uses:
                uses[self._mesh.worker] = self._entry(loaded=True)

    def _entry(self, *, loaded: bool) -> MemoryUse:
        pid, started = own_process()
        adapter = self._adapter
        return MemoryUse(
            self._mesh.worker,
            adapter.spec.name,
            adapter.device,
            adapter.needs_bytes,
            time.time(),
            busy=not loaded,
            loaded=loaded,
            pid=pid,
            started=started,
        )

    def _evict(self, use: MemoryUse) -> None:
        worker = PrivateWorkerClient(self._mesh.client, worker_service(use.worker))
        worker.unload(LoadRequest(reason="memory"), timeout=EVICT_SECONDS)

    def _mark(self, *, busy: bool) -> None:
        if self.memory_bytes:
            self._budget.mark(self._mesh.worker, busy=busy)

    def _name(self) -> tuple[str, str]:
        return self._adapter.spec.name, self._adapter.device

    def _tell(self, kind: Callable[..., ModelEvent], reason: LoadReason, seconds: float, memory_bytes: int) -> None:
        model, device = self._name()
        worker = self._mesh.worker
        self._mesh.events.tell(
            kind(model=model, worker=worker, device=device, seconds=seconds, memory_bytes=memory_bytes, reason=reason)
        )


def _typed(error: Exception, model: str) -> MeshError:
    """Return the error to reply with, without references to the one raised."""
    if isinstance(error, MeshError):
        return _fresh(error)
    if is_out_of_memory(error):
        return OutOfMemory(f"model {model!r} does not fit: {error}")
    log.error("%s failed to load", model, exc_info=error)
    return ModelUnavailable(f"model {model!r} cannot be loaded ({error!r}); the worker's log says more")


def _fresh(error: MeshError) -> MeshError:
    """Return the same error without its traceback, whose frames keep their variables in memory."""
    return type(error)(error.message, error.detail)
