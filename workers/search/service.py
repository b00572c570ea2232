"""The service `search`: the vector store and the recommendations made from it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from contract.errors import StoreUnavailable
from contract.message import Message
from contract.search import Recommended, RecommendRequest, Search
from contract.settings import load_settings
from workers.folder.opening import OpenFolder, open_folder
from workers.models.sentence.encoder import SentenceEncoder
from workers.runtime.service import Call, Handler, Service, Stages, WorkerContext
from workers.runtime.serving import Handle, served
from workers.search.library_watch import LibraryWatch, questions
from workers.search.recommend.candidates import UnlistedFilter
from workers.search.recommend.distinct import DistinctFinder
from workers.search.recommend.engine import Engine
from workers.search.recommend.interests import InterestFinder
from workers.search.recommend.path import PathFinder
from workers.search.recommend.similar import SimilarFinder
from workers.search.recommend.twins import TwinFinder
from workers.search.settings import SearchSettings
from workers.search.spaces import Space, known_spaces
from workers.search.store.embedded import EmbeddedStore
from workers.search.store.operations import VectorOperations
from workers.search.store.vector_store import VectorStore
from workers.search.words.following import TracksWatch
from workers.search.words.operations import Directions

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

log = logging.getLogger(__name__)
# At each start, faiss logs three times which of its builds are not available.
logging.getLogger("faiss.loader").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """An open store and everything that answers from it."""

    store: VectorStore
    vectors: VectorOperations
    engine: Engine
    similar: SimilarFinder
    paths: PathFinder
    distinct: DistinctFinder
    twins: TwinFinder
    interests: InterestFinder
    directions: Directions


class SearchService(Service):
    """One search worker. It opens the store at start-up and closes it when it stops."""

    credit = 8

    def __init__(self, settings: SearchSettings | None = None, spaces: Mapping[str, Space] | None = None) -> None:
        self._settings = settings or load_settings(SearchSettings)
        self._spaces = known_spaces() if spaces is None else spaces
        self._folder: OpenFolder | None = None
        self._opened: OpenedStore | None = None
        self._unlisted = UnlistedFilter()
        self._watch: LibraryWatch | None = None
        self._tracks: TracksWatch | None = None

    @property
    def name(self) -> str:
        return Search.service

    def start(self, mesh: WorkerContext) -> None:
        """Open the data folder and the store. Raises `StoreUnavailable`, `Conflict`; the worker loop retries."""
        self._folder = open_folder(self._settings.data)
        try:
            self._settings.settle_default()  # before the store's file makes a fresh folder look used
            store = self.open()
        except BaseException:
            self._folder.close()  # lets another process upgrade it
            raise
        asked = questions(store.hide, self._unlisted)
        self._watch = LibraryWatch(mesh, self._settings.events_endpoint, asked)
        if self._opened is not None:
            self._tracks = TracksWatch(mesh, self._settings.events_endpoint, self._opened.engine.words.know)

    def open(self) -> VectorStore:
        """Open the store and prepare to answer."""
        began = time.monotonic()
        store, spaces = open_store(self._settings), self._spaces
        lists = store.relaxed()
        encoder = SentenceEncoder(self._settings.checkpoints, self._settings.model_idle_seconds)
        engine = Engine(lists, spaces, self._settings, self._unlisted, encoder)
        self._opened = OpenedStore(
            store,
            VectorOperations(store, spaces, self._settings.mert_index_dim),
            engine,
            SimilarFinder(lists, spaces, engine.calibrator),
            PathFinder(lists, engine.calibrator, spaces, engine.selector, self._unlisted),
            DistinctFinder(lists, engine.calibrator, spaces, engine.selector),
            TwinFinder(lists, engine.calibrator, spaces, engine.selector),
            InterestFinder(lists, spaces, engine.selector),
            Directions(lists, spaces, engine.words),
        )
        log.info("store %s opened in %.2f s", store.uri, time.monotonic() - began)
        return store

    def stop(self) -> None:
        """Flush, save the index and release the store's lock."""
        for watch in (self._watch, self._tracks):
            if watch is not None:
                watch.stop()
        if self._opened is not None:
            opened, self._opened = self._opened, None
            opened.store.close()
        if self._folder is not None:
            self._folder.close()

    def idle(self) -> None:
        """Release what reads texts if none came for a while."""
        if self._opened is not None:
            self._opened.engine.words.idle()

    def settling(self) -> bool:
        """Returns whether the index is still being optimised."""
        store = self._opened.store if self._opened is not None else None
        return isinstance(store, EmbeddedStore) and store.busy()

    def operations(self) -> Mapping[str, Handler]:
        """Raises `StoreUnavailable` before the store is open: the worker asks only afterwards."""
        opened = self._opened
        if opened is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        vectors = opened.vectors
        return {
            **served(Search.recommend, self._recommender(opened.engine)),
            **served(Search.select, _alone(opened.engine.select)),
            **served(Search.distinct, _alone(opened.distinct.answer)),
            **served(Search.interests, _alone(opened.interests.answer)),
            **served(Search.path, _alone(opened.paths.answer)),
            **served(Search.direction, opened.directions.answer),
            **served(Search.words, _alone(opened.directions.status)),
            **served(Search.similar, opened.similar.answer),
            **served(Search.twins, _alone(opened.twins.answer)),
            **served(Search.upsert, vectors.upsert),
            **served(Search.copy, vectors.copy),
            **served(Search.delete, vectors.delete),
            **served(Search.lookup, vectors.lookup),
            **served(Search.scan, vectors.scan),
            **served(Search.export, vectors.export),
            **served(Search.begin, vectors.begin),
            **served(Search.switch, vectors.switch),
            **served(Search.drop, vectors.drop),
            **served(Search.status, vectors.status),
            **served(Search.flush, vectors.flush),
        }

    def _recommender(self, engine: Engine) -> Handle[RecommendRequest, Recommended]:
        def recommend(request: RecommendRequest, call: Call) -> Recommended:
            stages, began = Stages(), time.perf_counter()
            found = engine.recommend(request, stages)
            self._log_slow(request, call.trace, time.perf_counter() - began, stages)
            return found

        return recommend

    def _log_slow(self, request: RecommendRequest, trace: str, seconds: float, stages: Stages) -> None:
        if 1000 * seconds < self._settings.slow_query_ms:
            return
        times = " ".join(f"{stage}={1000 * value:.0f}ms" for stage, value in stages.seconds.items())
        asked = f"limit={request.limit} seeds={len(request.seeds)}"
        log.warning("SLOW_QUERY trace=%s total=%.0fms %s %s", trace, 1000 * seconds, times, asked)


def _alone(answer: Callable[[Q], A]) -> Handle[Q, A]:
    """Returns a handler for an operation that depends only on its request."""
    return lambda request, _call: answer(request)


def open_store(settings: SearchSettings) -> VectorStore:
    """Returns the store that `NAVIDROME_MILVUS_URI` names. Raises `StoreUnavailable`."""
    if settings.uri.startswith(("http://", "https://")):
        from workers.search.store.server import ServerStore  # imports pymilvus: a second that a folder saves

        return ServerStore(settings.uri, settings.graph)
    return EmbeddedStore(settings.store_path, settings.graph)
