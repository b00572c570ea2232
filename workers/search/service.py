"""The service `search`: the vector store and the recommendations made from it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from broker.wire import Reply
from contract.errors import StoreUnavailable
from contract.settings import load_settings
from workers.folder.opening import OpenFolder, open_folder
from workers.runtime.service import Call, Mesh, Operation, Service, single
from workers.search.following import LibraryWatch, questions
from workers.search.recommend.distinct import Distinct
from workers.search.recommend.engine import Engine
from workers.search.recommend.interests import Interests
from workers.search.recommend.path import PathFinder
from workers.search.recommend.request import parse_ask
from workers.search.recommend.similar import Similar
from workers.search.recommend.unlisted import Unlisted
from workers.search.settings import SearchSettings
from workers.search.spaces import Space, known_spaces
from workers.search.store.embedded import EmbeddedStore
from workers.search.store.operations import VectorOperations
from workers.search.store.vector_store import VectorStore

log = logging.getLogger(__name__)
# faiss says three times at each start which builds of itself it does not have.
logging.getLogger("faiss.loader").setLevel(logging.WARNING)


class SearchService(Service):
    """One search worker. It opens the store when it starts and lets go of it when it stops."""

    credit = 8

    def __init__(self, settings: SearchSettings | None = None, spaces: Mapping[str, Space] | None = None) -> None:
        self._settings = settings or load_settings(SearchSettings)
        self._spaces = known_spaces() if spaces is None else spaces
        self._folder: OpenFolder | None = None
        self._store: VectorStore | None = None
        self._vectors: VectorOperations | None = None
        self._engine: Engine | None = None
        self._paths: PathFinder | None = None
        self._interests: Interests | None = None
        self._similar: Similar | None = None
        self._distinct: Distinct | None = None
        self._unlisted = Unlisted()
        self._watch: LibraryWatch | None = None

    @property
    def name(self) -> str:
        return "search"

    def start(self, mesh: Mesh) -> None:
        """Open the data folder and the store. Raises `StoreUnavailable`, `Conflict`; the worker loop tries again."""
        self._folder = open_folder(self._settings.data)
        try:
            store = self.open()
        except BaseException:
            self._folder.close()  # who must bring it up to date may
            raise
        asked = questions(store.hide, self._unlisted)
        self._watch = LibraryWatch(mesh, self._settings.events_endpoint, asked)

    def open(self) -> VectorStore:
        """Open the store and get ready to answer."""
        began = time.monotonic()
        self._store = open_store(self._settings)
        self._vectors = VectorOperations(self._store, self._spaces, self._settings.mert_index_dim)
        lists = self._store.relaxed()
        self._engine = Engine(lists, self._spaces, self._settings, self._unlisted)
        self._similar = Similar(lists, self._spaces, self._engine.calibrator)
        self._paths = PathFinder(lists, self._engine.calibrator, self._spaces, self._engine.selector, self._unlisted)
        self._distinct = Distinct(lists, self._engine.calibrator, self._spaces, self._engine.selector)
        self._interests = Interests(lists, self._spaces, self._engine.selector)
        log.info("store %s opened in %.2f s", self._store.uri, time.monotonic() - began)
        return self._store

    def stop(self) -> None:
        """Flush, save the index and release the store's lock."""
        if self._watch is not None:
            self._watch.stop()
        if self._store is not None:
            self._store.close()
            self._store = self._vectors = self._engine = self._paths = self._similar = self._interests = None
            self._distinct = None
        if self._folder is not None:
            self._folder.close()

    def settling(self) -> bool:
        """Whether the index is still being brought to its best form."""
        return isinstance(self._store, EmbeddedStore) and self._store.busy()

    def operations(self) -> Mapping[str, Operation]:
        handlers: dict[str, Callable[[VectorOperations, Call], Reply]] = {
            "vectors.upsert": VectorOperations.upsert,
            "vectors.copy": VectorOperations.copy,
            "vectors.delete": VectorOperations.delete,
            "vectors.lookup": VectorOperations.lookup,
            "vectors.scan": VectorOperations.scan,
            "vectors.export": VectorOperations.export,
            "generations.begin": VectorOperations.begin,
            "generations.switch": VectorOperations.switch,
            "generations.drop": VectorOperations.drop,
            "store.status": VectorOperations.status,
            "store.flush": VectorOperations.flush,
        }
        operations = {op: single(self._on_vectors(handler)) for op, handler in handlers.items()}
        return {
            **operations,
            "recommend": single(self._recommend),
            "models.select": single(self._select),
            "path": single(self._path),
            "interests": single(self._group),
            "distinct": single(self._leave_repeats),
            "vectors.similar": single(self._find_similar),
        }

    def _on_vectors(self, handler: Callable[[VectorOperations, Call], Reply]) -> Callable[[Call], Reply]:
        def handle(call: Call) -> Reply:
            if self._vectors is None:
                raise StoreUnavailable("the vector store is not open yet: try again in a moment")
            return handler(self._vectors, call)

        return handle

    def _recommend(self, call: Call) -> Reply:
        if self._engine is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        began = time.perf_counter()
        answer = self._engine.recommend(parse_ask(call.params))
        self._log_slow(call, time.perf_counter() - began, answer.stages.seconds)
        return Reply({"tracks": answer.tracks, "warnings": answer.warnings})

    def _select(self, call: Call) -> Reply:
        if self._engine is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        selection = self._engine.select(parse_ask(call.params))
        return Reply({"models": selection.models, "warnings": selection.warnings, "tracks": selection.tracks})

    def _path(self, call: Call) -> Reply:
        if self._paths is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        return Reply(self._paths.answer(call.params))

    def _group(self, call: Call) -> Reply:
        if self._interests is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        return Reply(self._interests.answer(call.params))

    def _leave_repeats(self, call: Call) -> Reply:
        if self._distinct is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        return Reply(self._distinct.answer(call.params))

    def _find_similar(self, call: Call) -> Reply:
        if self._similar is None:
            raise StoreUnavailable("the vector store is not open yet: try again in a moment")
        return self._similar.find(call)

    def _log_slow(self, call: Call, seconds: float, stages: Mapping[str, Any]) -> None:
        if 1000 * seconds < self._settings.slow_query_ms:
            return
        times = " ".join(f"{stage}={1000 * value:.0f}ms" for stage, value in stages.items())
        asked = f"limit={call.params.get('limit')} seeds={len(call.params.get('seeds') or ())}"
        log.warning("SLOW_QUERY trace=%s total=%.0fms %s %s", call.trace, 1000 * seconds, times, asked)


def open_store(settings: SearchSettings) -> VectorStore:
    """The store that `NAVIDROME_MILVUS_URI` names. Raises `StoreUnavailable`."""
    if settings.uri.startswith(("http://", "https://")):
        from workers.search.store.server import ServerStore  # pymilvus takes a second, which a folder does not need

        return ServerStore(settings.uri, settings.graph)
    return EmbeddedStore(settings.store_path, settings.graph)
