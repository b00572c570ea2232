"""The lists that people get: the vectors in a real store, queried through the ranking, by the setting `diversity`."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.corpus import Track
from bench.measures import Mask, Matrix, hubness, same
from bench.report import Row
from contract.search import RecommendRequest, Seed
from contract.search import Row as Stored
from workers.search.recommend.engine import Engine
from workers.search.recommend.ranking.similarity import clipped, scale_of_pairs
from workers.search.settings import SearchSettings
from workers.search.spaces import Space
from workers.search.store.embedded import EmbeddedStore
from workers.search.store.rows import unit

#: Tracks in a list, and the settings compared.
LENGTH = 10
DIVERSITIES = (0.0, 0.15, 0.5, 1.0)
#: The space that holds the vectors in the store, whatever model they come from.
MODEL = "spectral"

Lists = list[npt.NDArray[np.int64]]


def list_rows(tracks: Sequence[Track], vectors: Matrix) -> list[Row]:
    """Measure each setting: near tracks, tracks unlike each other, artists, and how evenly tracks appear."""
    single = unit(np.asarray(vectors, np.float32))
    similarity = clipped(scale_of_pairs(single)(single @ single.T))
    with tempfile.TemporaryDirectory(prefix="sm-quality") as folder:
        store = EmbeddedStore(Path(folder) / "milvus.db")
        store.upsert(MODEL, [_stored(track) for track in tracks], single, single.shape[1])
        spaces = {MODEL: Space(MODEL, MODEL, single.shape[1])}
        engine = Engine(store, spaces, SearchSettings(SONICMESH_DATA=folder))
        rows = [
            row
            for diversity in DIVERSITIES
            for row in _figures(f"diversity {diversity:g}:", _ask(engine, tracks, diversity), tracks, similarity)
        ]
        store.close()
    return rows


def _ask(engine: Engine, tracks: Sequence[Track], diversity: float) -> Lists:
    """Returns the positions of each track's list."""
    position = {track.id: number for number, track in enumerate(tracks)}
    lists = []
    for track in tracks:
        asked = RecommendRequest(seeds=[Seed(track_id=track.id)], limit=LENGTH, diversity=diversity)
        lists.append(np.array([position[found.track_id] for found in engine.recommend(asked).tracks], np.int64))
    return lists


def _figures(name: str, lists: Lists, tracks: Sequence[Track], similarity: Matrix) -> list[Row]:
    albums, artists = same([track.album for track in tracks]), same([track.composer for track in tracks])
    hubs = hubness(np.concatenate(lists), len(tracks))
    return [
        Row(f"{name} of the seed's album", precision(lists, albums), ""),
        Row(f"{name} of the seed's artist", precision(lists, artists), ""),
        Row(f"{name} similarity to the seed", _nearness(lists, similarity), ""),
        Row(f"{name} distance within the list", intra_list_distance(lists, similarity), ""),
        Row(f"{name} artists in the list", _different(lists, [track.composer or track.id for track in tracks]), ""),
        Row(f"{name} hub skew", hubs.skew, ""),
        Row(f"{name} never listed", hubs.never, ""),
    ]


def precision(lists: Lists, relevant: Mask) -> float:
    """Mean share of relevant tracks in the list of each track that has any, divided by min(length, relevant)."""
    relevant = relevant & ~np.eye(len(relevant), dtype=bool)
    wanted = np.minimum(relevant.sum(axis=1), LENGTH)
    shares = [relevant[seed, listed].sum() / wanted[seed] for seed, listed in enumerate(lists) if wanted[seed]]
    return float(np.mean(shares)) if shares else float("nan")


def intra_list_distance(lists: Lists, similarity: Matrix) -> float:
    """Mean of 1 - similarity over the pairs of a list, averaged over lists (Ziegler et al., 2005)."""
    distances = [
        1 - float(similarity[np.ix_(listed, listed)][np.triu_indices(len(listed), 1)].mean())
        for listed in lists
        if len(listed) > 1
    ]
    return float(np.mean(distances)) if distances else float("nan")


def _nearness(lists: Lists, similarity: Matrix) -> float:
    return float(np.mean([similarity[seed, listed].mean() for seed, listed in enumerate(lists) if len(listed)]))


def _different(lists: Lists, labels: Sequence[str]) -> float:
    return float(np.mean([len({labels[number] for number in listed}) for listed in lists]))


def _stored(track: Track) -> Stored:
    """Returns the row that the mesh would keep; each track has its own audio."""
    return Stored(
        track_id=track.id,
        artist_id=track.composer,
        album_id=track.album,
        audio_id=track.id,
        duration=track.duration or 0.0,
        title=track.title,
        artist=track.composer,
    )
