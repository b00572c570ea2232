"""A plain server for lists, as one would write it in a day: aiohttp, and an index of voyager in the same process.

`python -m bench.http_peers.plain PORT FOLDER`. FOLDER has `vectors.npy` [n, dim] and `tracks.json`, a list
of [track id, artist]; the index is built once and kept there. A job runs in a thread: it makes a vector for every track
and adds it to an index of its own. Nothing is durable, nothing survives the process, nobody else can do the work.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np
from aiohttp import web
from voyager import Index, Space

#: voyager's parameters, and candidates per seed as a multiple of the limit.
LINKS, BUILD_WIDTH, SEARCH_WIDTH, MULTIPLE = 16, 200, 128, 3
#: Most tracks of one artist in a list.
PER_ARTIST: Final = 4
#: Length of the vectors that a job makes, and dimensions of the subspace of their clusters.
JOB_DIMENSION, SUBSPACE = 97, 48


class Lists:
    """Tracks similar to others."""

    def __init__(self, folder: Path) -> None:
        self._ids, self._artists = zip(*json.loads((folder / "tracks.json").read_text()), strict=True)
        self._places = {track_id: place for place, track_id in enumerate(self._ids)}
        saved = folder / "plain.voyager"
        if saved.exists():
            self._index = Index.load(str(saved))
        else:
            vectors = np.load(folder / "vectors.npy")
            self._index = Index(Space.InnerProduct, vectors.shape[1], M=LINKS, ef_construction=BUILD_WIDTH)
            self._index.add_items(vectors)
            self._index.save(str(saved))

    def similar(self, seeds: list[str], limit: int) -> list[dict[str, Any]]:
        """Returns the tracks most similar to any of the seeds."""
        known = [self._places[seed] for seed in seeds if seed in self._places]
        if not known:
            return []
        queries = np.stack([self._index[place] for place in known])
        found, distances = self._index.query(queries, MULTIPLE * limit, num_threads=1, query_ef=SEARCH_WIDTH)
        best: dict[int, float] = {}
        for place, distance in zip(found.ravel().tolist(), distances.ravel().tolist(), strict=True):
            best[place] = max(best.get(place, -1.0), 1 - distance)
        taken: dict[str, int] = {}
        tracks = []
        for place, score in sorted(best.items(), key=lambda item: -item[1]):
            artist = self._artists[place]
            if place not in known and taken.get(artist, 0) < PER_ARTIST:
                taken[artist] = taken.get(artist, 0) + 1
                tracks.append({"track_id": self._ids[place], "score": score})
            if len(tracks) == limit:
                break
        return tracks

    def run_job(self) -> None:
        """Make a vector for every track."""
        index = Index(Space.InnerProduct, JOB_DIMENSION)
        basis = np.random.default_rng(0).standard_normal((SUBSPACE, JOB_DIMENSION))
        for number in range(len(self._ids)):
            chance = np.random.default_rng(number)
            vector = chance.standard_normal(SUBSPACE) @ basis + chance.standard_normal(JOB_DIMENSION)
            index.add_item((vector / np.linalg.norm(vector)).astype(np.float32))


def app(lists: Lists) -> web.Application:
    """Returns the server: `POST /playlist/similar` as the gateway answers it, and `POST /batch/start`."""

    async def similar(request: web.Request) -> web.Response:
        asked = await request.json()
        seeds = [seed["track_id"] for seed in asked["seeds"]]
        return web.json_response({"tracks": await asyncio.to_thread(lists.similar, seeds, asked["limit"])})

    async def start(_: web.Request) -> web.Response:
        threading.Thread(target=lists.run_job, daemon=True).start()
        return web.json_response({})

    made = web.Application()
    made.router.add_post("/playlist/similar", similar)
    made.router.add_post("/batch/start", start)
    return made


if __name__ == "__main__":
    web.run_app(app(Lists(Path(sys.argv[2]))), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
