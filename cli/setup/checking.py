"""Checks a library: what its database holds, whether its files can be read here, whether Navidrome answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

from cli.setup.addresses import answering, answers_at
from cli.setup.databases import database_of, read
from cli.setup.proposing import places, proposed
from cli.setup.trying import Sample, formats, mapped, readable, sampled, tried
from contract.errors import InvalidRequest
from contract.settings import home, load_settings
from contract.settings_file import data_folder, origin
from contract.setup import CheckRequest, PathPair, SetupCheck, SetupChoice, SetupLibrary
from gateway.settings import GatewaySettings
from workers.library.navidrome.paths import shown
from workers.library.settings import LibrarySettings

SECONDS_PER_HOUR: Final = 3600.0
#: Where a setting may stand that the first run cannot change.
WINNERS: Final = {"environment": "the environment", "file": ".env"}
#: The variables of the path map and of Navidrome's address.
MAP: Final = "SONICMESH_PATH_MAP"
URL: Final = ("NAVIDROME_URL", "SONICMESH_NAVIDROME_URL")


def check(request: CheckRequest) -> SetupCheck:
    """Return everything that a person should know before the mesh uses this library.

    Raises `InvalidRequest`, which names the field.
    """
    path = database_of(request)
    snapshot = read(path)
    samples = sampled(snapshot)
    pairs, found_by_trying = chosen_pairs(request, samples, path)
    paths = mapped(pairs, snapshot.libraries)
    files = tried(samples, paths)
    counts = Counter(track.library_id for track in snapshot.tracks)
    url, answers = _navidrome(request.navidrome_url)
    libraries = [
        SetupLibrary(
            name=each.name,
            path=shown(each.path),
            here=shown(paths.local(each.id, "").rstrip("/")),
            tracks=counts[each.id],
        )
        for each in snapshot.libraries
    ]
    return SetupCheck(
        database=str(path),
        tracks=len(snapshot.tracks),
        hours=sum(track.duration for track in snapshot.tracks) / SECONDS_PER_HOUR,
        users=len(snapshot.users),
        formats=dict(formats(snapshot)),
        libraries=libraries,
        path_map=pairs,
        proposed=found_by_trying,
        tried=files,
        readable=readable(files),
        navidrome_url=url,
        navidrome=answers,
    )


def chosen_pairs(request: SetupChoice, samples: list[Sample], database: Path) -> tuple[list[PathPair], bool]:
    """Return the path map to use, and whether it was found by trying. Raises `InvalidRequest`."""
    if request.path_map is not None:
        for pair in request.path_map:
            _check_pair(pair)
        return list(request.path_map), False
    if origin(home(), MAP) in WINNERS:
        configured = load_settings(LibrarySettings).path_map
        return [PathPair(theirs=theirs, here=here) for theirs, here in configured], False
    pairs = proposed(samples, places(data_folder(home()), database))
    return pairs, bool(pairs)


def _check_pair(pair: PathPair) -> None:
    for folder in (pair.theirs, pair.here):
        if not folder.startswith("/") or "," in folder:
            raise InvalidRequest(f"{folder!r}: a folder such as /mnt/music, without commas", {"field": "path_map"})
    if "=" in pair.theirs:
        raise InvalidRequest(f"{pair.theirs!r}: Navidrome's folder cannot have a =", {"field": "path_map"})


def _navidrome(url: str) -> tuple[str, bool]:
    """Return the address to use and whether Navidrome answers there; if none is given or set, look for one."""
    if not url.strip() and origin(home(), *URL) in WINNERS:
        url = load_settings(GatewaySettings).navidrome_url
    if url.strip():
        return url.strip().rstrip("/"), answers_at(url.strip())
    found = answering()
    return (found[0], True) if found else ("", False)


def pairs_of(text: str) -> list[PathPair] | None:
    """Return the pairs of a path map as it is written in settings; None for "". Raises `InvalidRequest`."""
    if not text.strip():
        return None
    entries = [entry.partition("=") for entry in text.split(",") if entry.strip()]
    pairs = [PathPair(theirs=theirs.strip(), here=here.strip()) for theirs, _, here in entries]
    for pair in pairs:
        _check_pair(pair)
    return pairs
