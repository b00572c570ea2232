"""Looks around this machine for Navidrome's database, for music, and for Navidrome itself."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

from cli.setup.addresses import answering
from cli.setup.databases import DATABASE, describe
from cli.setup.places import plugin_folder, to_search
from cli.setup.walking import Folder, walk
from contract.settings import home
from contract.settings_file import NAME, data_folder
from contract.setup import FoundMusic, SetupFindings
from workers.library.navidrome.paths import shown

#: Endings of files that Navidrome plays.
MUSIC: Final = (
    *(".aac", ".aif", ".aiff", ".alac", ".ape", ".dff", ".dsf", ".flac", ".m4a", ".mp3", ".mp4", ".mpc"),
    *(".oga", ".ogg", ".opus", ".shn", ".tak", ".tta", ".wav", ".wma", ".wv"),
)
#: Most databases and folders of music to report.
MOST: Final = 8


def look_around(starts: list[str] | None = None, *, ask: bool = True) -> SetupFindings:
    """Search the usual and the mounted folders (or `starts`) for a few seconds. `ask`: look for Navidrome's address."""
    data = data_folder(home())
    databases: list[str] = []
    music: Counter[str] = Counter()

    def visit(folder: Folder) -> None:
        if DATABASE in folder.files:
            databases.append(f"{folder.path}/{DATABASE}")
        heard = sum(name.lower().endswith(MUSIC) for name in folder.files)
        if heard:
            music[folder.path] = heard  # a mounted folder is visited twice

    searched = walk(to_search(data) if starts is None else starts, visit)
    found = [describe(Path(path)) for path in sorted(set(databases), key=_age)][:MOST]
    demo = data / "demo" / DATABASE
    if demo.exists():
        found.append(describe(demo, demo=True))
    return SetupFindings(
        databases=sorted(found, key=lambda each: (each.demo, each.problem is not None)),
        music=_gathered(music, searched.looked + searched.unfinished),
        looked=[shown(each) for each in searched.looked],
        unfinished=[shown(each) for each in searched.unfinished],
        navidrome=answering() if ask else [],
        settings_file=str(data / NAME),
        problem=_problem(data),
        plugin_folder=plugin_folder(),
    )


def _age(path: str) -> float:
    """Return a key that puts the newest file first: an old copy is rarely the one that is meant."""
    try:
        return -os.stat(path).st_mtime  # noqa: PTH116  names may hold undecodable bytes
    except OSError:
        return 0.0


def _gathered(music: Counter[str], starts: list[str]) -> list[FoundMusic]:
    """Return the folders with music, each as high up as one step below where the search began."""
    tops: Counter[str] = Counter()
    for path, files in music.items():
        start = max((each for each in starts if path == each or path.startswith(f"{each}/")), key=len, default=path)
        rest = path[len(start) :].strip("/").split("/")[0]
        tops[f"{start}/{rest}" if rest and start in {"/mnt", "/media", "/srv"} else start] += files
    return [FoundMusic(path=shown(path), files=files) for path, files in tops.most_common(MOST)]


def _problem(data: Path) -> str:
    """Return why nothing can be written to the data folder; "" if it can."""
    nearest = next((each for each in (data, *data.parents) if each.exists()), data)
    if os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return f"{data} cannot be written by this user: let it own the folder (or the volume that is mounted there)"
