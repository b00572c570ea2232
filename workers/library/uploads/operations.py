"""The operations `uploads.*` of the library worker, and everything they need."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from broker.client import MeshClient
from contract.library import Library
from contract.message import Nothing
from contract.reading import read_request
from contract.uploads import GiveUpRequest, Uploaded, UploadRequest
from workers.library.catalogue.catalogue import Catalogue
from workers.library.catalogue.navidrome_watcher import NavidromeWatcher
from workers.library.jobs.records import EmbedOptions
from workers.library.settings import LibrarySettings
from workers.library.state.database import StateDatabase
from workers.library.uploads.allowed_folders import AllowedFolders
from workers.library.uploads.cue.folders import PartFolders
from workers.library.uploads.duplicates import SameAudio
from workers.library.uploads.running import RunningUploads
from workers.library.uploads.scanned import Scanned
from workers.library.uploads.similar import SimilarAudio
from workers.library.uploads.vectors import UploadVectors
from workers.library.uploads.waiting_cleaner import WaitingVectorCleaner
from workers.library.uploads.waiting_vectors import WaitingVectors
from workers.runtime.service import Call, Handler
from workers.runtime.serving import packed, served

if TYPE_CHECKING:
    from workers.library.uploads.uploads import Uploads

#: How many seconds before a call's deadline to give up, so that there is time to reply.
MARGIN_SECONDS: Final = 1.0


class UploadOperations:
    """Serves uploads. Created when the library worker starts."""

    def __init__(
        self,
        settings: LibrarySettings,
        client: MeshClient,
        state: StateDatabase,
        catalogue: Catalogue,
        watcher: NavidromeWatcher,
        scanned: Scanned,
        waiting: WaitingVectors,
        start_job: Callable[[EmbedOptions], Any],
    ) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._watcher = watcher
        self._scanned = scanned
        self._waiting = waiting
        self._folders = PartFolders(settings.split_root)
        self._vectors = UploadVectors(client, state, settings.models, waiting)
        self._same = SameAudio(state, catalogue, watcher)
        self._similar = SimilarAudio(client, settings.models, self._vectors, waiting)
        wanted = None if settings.auto_embed else start_job
        self._cleaner = WaitingVectorCleaner(waiting, self._same, self._vectors, self._folders, wanted)
        self._cleaner.start()
        self._under_way = RunningUploads[Uploaded]()

    def operations(self) -> Mapping[str, Handler]:
        """Return the operations by name. Uploads run ahead in the worker's pool, so other calls never wait for them."""
        upload = Handler(lambda calls: [packed(call.prepared) for call in calls], prepare=self._process)
        return {Library.upload.name: upload, **served(Library.give_up_upload, self._give_up)}

    def close(self) -> None:
        self._under_way.close()
        self._cleaner.stop()
        self._waiting.close()

    def _process(self, call: Call) -> Uploaded:
        """Process an upload. A repeated request with the same id (the broker may have died) joins the first."""
        upload = read_request(UploadRequest, call.params)
        upload_id = upload.upload_id or uuid.uuid4().hex
        deadline = call.deadline - MARGIN_SECONDS
        return self._under_way.run(upload_id, deadline, lambda limit: self._uploads.process(upload, limit))

    def _give_up(self, request: GiveUpRequest, _call: Call) -> Nothing:
        self._under_way.give_up(request.upload_id)
        return Nothing()

    @cached_property
    def _uploads(self) -> Uploads:
        from workers.library.uploads.cue.splitting import Splitter  # late: imports FFmpeg, libsndfile, mutagen
        from workers.library.uploads.uploads import Uploads

        return Uploads(
            AllowedFolders(self._roots, self._translate),
            Splitter(self._folders),
            self._catalogue,
            self._scanned,
            self._same,
            self._similar,
            self._vectors,
            self._settings.upload_bytes,
        )

    def _roots(self) -> Iterable[str]:
        if self._settings.upload_folders:
            return [str(folder) for folder in self._settings.upload_folders]
        paths = self._watcher.paths
        libraries = self._catalogue.libraries()
        return list(
            dict.fromkeys((tempfile.gettempdir(), *(paths.local(folder.id, folder.path) for folder in libraries)))
        )

    def _translate(self, path: str) -> str:
        return self._watcher.paths.local(0, path)
