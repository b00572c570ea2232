"""An Instant Mix through a real Navidrome: how long a person waits, and where the time goes."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.navidrome import Navidrome, fetch, running_mesh, running_navidrome
from bench.report import Row
from broker.client import MeshClient
from contract.library import LibraryClient, MatchRequest, TracksRequest
from contract.search import RecommendRequest, SearchClient, Seed

#: Tracks in the mix, and how many Navidrome asks its plugin for.
COUNT: Final = 50
ASKED: Final = 75
#: Diversity of an Instant Mix.
DIVERSITY: Final = 0.15
#: Blocks of calls of each kind, in turns; the first call of a block does not count.
BLOCKS: Final = 3
#: Seconds that one call may take.
CALL_SECONDS: Final = 30.0
FUNCTION: Final = "nd_get_similar_songs_by_track"

#: Starts a gateway that answers everything with the same bytes; yields its address.
Constant = Callable[[bytes], AbstractContextManager[str]]


def mix_rows(binary: Path, music: Path, package: Path, calls: int, constant: Constant) -> Iterator[Row]:
    """Yields medians through Navidrome with our gateway and with a constant one, then the gateway's parts."""
    with tempfile.TemporaryDirectory(prefix="smb") as name:
        folder = Path(name)
        with (
            running_navidrome(binary, folder, music, package) as navidrome,
            running_mesh(folder / "k", navidrome.data / "navidrome.db") as (gateway, client),
        ):
            songs = navidrome.songs()
            seeds = songs[:: max(1, len(songs) // calls)][:calls]
            answer = json.dumps(_mix(gateway, seeds[0])).encode()
            with constant(answer) as still:
                real, other = _through(navidrome, [gateway, still], seeds)
            yield Row("tracks of the library", len(songs), "tracks")
            yield Row(f"mix of {COUNT} through Navidrome, median", real, "ms")
            yield Row("the same with a gateway that returns a constant list, median", other, "ms")
            yield from _parts(gateway, client, seeds)


def _through(navidrome: Navidrome, gateways: Sequence[str], seeds: Sequence[str]) -> list[float]:
    """Returns the median wait of a client in ms, by gateway, measured in alternating blocks."""
    taken: dict[str, list[float]] = {gateway: [] for gateway in gateways}
    for _ in range(BLOCKS):
        for gateway in gateways:
            navidrome.ask_at(gateway)
            times = [_ms(partial(navidrome.rest, "getSimilarSongs", id=seed, count=COUNT)) for seed in seeds]
            taken[gateway] += times[1:]
    return [statistics.median(times) for times in taken.values()]


def _parts(gateway: str, client: MeshClient, seeds: Sequence[str]) -> Iterator[Row]:
    """Yields the gateway's own answer time, and its three calls into the mesh."""
    search, library = SearchClient(client), LibraryClient(client)
    near = partial(RecommendRequest, limit=ASKED, diversity=DIVERSITY, library_ids=[1])
    known = partial(MatchRequest, kind="track", name="", artist="", duration=0.0)
    asked = [song["id"] for song in _mix(gateway, seeds[0])["songs"]]
    works: dict[str, Callable[[str], object]] = {
        "of which the gateway, asked directly": lambda seed: _mix(gateway, seed),
        "  library: which track that is": lambda seed: library.match(known(id=seed), timeout=CALL_SECONDS),
        "  search: what is like it": lambda seed: search.recommend(
            near(seeds=[Seed(track_id=seed)]), timeout=CALL_SECONDS
        ),
        f"  library: titles of {len(asked)} tracks": lambda _: library.tracks(
            TracksRequest(track_ids=asked), timeout=CALL_SECONDS
        ),
    }
    for name, work in works.items():
        times = [_ms(partial(work, seed)) for _ in range(BLOCKS) for seed in seeds]
        yield Row(f"{name}, median", statistics.median(times), "ms")


def _mix(gateway: str, seed: str) -> Any:
    return fetch(f"{gateway}/plugin/{FUNCTION}", {"id": seed, "count": ASKED})


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)
