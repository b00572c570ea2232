"""Calls into the mesh for one person: the library limits everything to what they may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from contract.browse import BrowseRequest, BrowseResult, Chip, ChipQuestion, ChipsRequest
from contract.labels import LabelledTrack
from contract.library import AsyncLibraryClient, TracksRequest
from contract.message import common
from contract.people import (
    Around,
    AroundRequest,
    Kind,
    Mode,
    PersonRequest,
    Plan,
    PlanRequest,
    PreferenceChanges,
    Preferences,
    PreferencesRequest,
    VisibleRequest,
    VisibleTracks,
)
from contract.search import AsyncSearchClient, DistinctRequest, FoundPath, PathRequest, RecommendRequest
from contract.track import VisibleTrack
from contract.warnings import Warned
from gateway.mesh import MeshConnection
from gateway.people.identity import Caller
from gateway.people.schema import MixRequest, PersonTrack

#: Seconds that one call may take.
LIBRARY_SECONDS: Final = 10.0
SEARCH_SECONDS: Final = 15.0
#: Seconds that labels may take: a list does not wait long for them.
LABELS_SECONDS: Final = 2.0


class Finder:
    """Library and search for one person. Methods raise the typed errors of both services."""

    def __init__(self, mesh: MeshConnection, person: Caller) -> None:
        self._library = AsyncLibraryClient(mesh)
        self._search = AsyncSearchClient(mesh)
        self._name = person.user_name
        self._id = person.user_id or None

    async def preferences(self) -> Preferences:
        """Return the person's settings."""
        request = PersonRequest(user_name=self._name, user_id=self._id)
        return await self._library.preferences(request, timeout=LIBRARY_SECONDS)

    async def change_preferences(self, changes: PreferenceChanges) -> Preferences:
        """Change settings and return all of them."""
        request = PreferencesRequest(user_name=self._name, user_id=self._id, changes=changes)
        return await self._library.change_preferences(request, timeout=LIBRARY_SECONDS)

    async def plan(self, mode: Mode, wish: MixRequest) -> Plan:
        """Return what to search for to make a list."""
        request = PlanRequest(
            user_name=self._name,
            user_id=self._id,
            mode=mode,
            song_ids=wish.song_ids,
            positive_track_ids=wish.positive_track_ids,
            negative_track_ids=wish.negative_track_ids,
            exclude_track_ids=wish.exclude_track_ids,
            exclude_playlist_ids=wish.exclude_playlist_ids,
            diversity=wish.diversity,
            limit=wish.limit,
        )
        return await self._library.plan(request, timeout=LIBRARY_SECONDS)

    async def around(self, kind: Kind, key: str) -> Around:
        """Return what to search for to find music like a track, album or artist. Raises `NotFound`."""
        request = AroundRequest(user_name=self._name, user_id=self._id, kind=kind, id=key)
        return await self._library.around(request, timeout=LIBRARY_SECONDS)

    async def visible(self, track_ids: Sequence[str]) -> VisibleTracks:
        """Return the tracks that the person may see, in order."""
        request = VisibleRequest(user_name=self._name, user_id=self._id, track_ids=list(track_ids))
        return await self._library.visible(request, timeout=LIBRARY_SECONDS)

    async def browse(self, query: str, limit: int) -> BrowseResult:
        """Return what matches the words, among what the person may see."""
        asked = BrowseRequest(user_name=self._name, user_id=self._id, query=query, limit=limit)
        return await self._library.browse(asked, timeout=LIBRARY_SECONDS)

    async def chips(self, chips: Sequence[ChipQuestion]) -> list[Chip]:
        """Return the tracks that each chip stands for, in order."""
        asked = ChipsRequest(user_name=self._name, user_id=self._id, chips=list(chips))
        return (await self._library.chips(asked, timeout=LIBRARY_SECONDS)).chips

    async def files(self, track_ids: Sequence[str]) -> dict[str, str]:
        """Return the path below its library of each track that the person may see."""
        asked = VisibleRequest(user_name=self._name, user_id=self._id, track_ids=list(track_ids))
        found = await self._library.files(asked, timeout=LIBRARY_SECONDS)
        return {file.id: file.path for file in found.files}

    async def labelled(self, track_ids: Sequence[str]) -> list[LabelledTrack]:
        """Return the labels of tracks that the person may see."""
        asked = TracksRequest(track_ids=list(track_ids))
        return (await self._library.labels(asked, timeout=LABELS_SECONDS)).tracks if track_ids else []

    async def named(self, track_ids: Sequence[str]) -> list[VisibleTrack]:
        """Like `visible`, but only the tracks."""
        return (await self.visible(track_ids)).tracks if track_ids else []

    async def recommend(self, request: RecommendRequest) -> tuple[list[PersonTrack], list[Warned]]:
        """Return tracks, best first, and warnings; none if the person may see no library."""
        if not request.library_ids:
            return [], []
        reply = await self._search.recommend(request, timeout=SEARCH_SECONDS)
        by_id = {track.track_id: track for track in reply.tracks}
        tracks = []
        for track in await self.named(list(by_id)):
            said = by_id[track.id]
            tracks.append(
                common(
                    track,
                    PersonTrack,
                    score=said.score,
                    reason=said.reason,
                    models=said.models,
                    negative_similarity=said.negative_similarity,
                )
            )
        return tracks, reply.warnings

    async def path(self, request: PathRequest) -> FoundPath:
        """Return a path from one track to another."""
        return await self._search.path(request, timeout=SEARCH_SECONDS)

    async def distinct(self, track_ids: Sequence[str]) -> list[str]:
        """Return the first track of each song."""
        return (
            await self._search.distinct(DistinctRequest(track_ids=list(track_ids)), timeout=SEARCH_SECONDS)
        ).track_ids
