"""Listen to a library and write its file: `python -m bench.heard.make demo`.

`... make music --corpus CORPUS.csv --music FOLDER` does it for the game soundtracks; both take minutes to an hour.
`--keep FOLDER` continues a run that was cut short, and takes what `bench.labels --keep FOLDER` has heard.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench.heard import FOLDER
from bench.kept import Listening
from contract.errors import MeshError
from contract.labels import FACTS, KEYS, MARKS, AudioAnalysis
from contract.vocabulary import NAMES
from demo.building import build
from demo.catalogue import full


@dataclass(frozen=True, slots=True)
class Known:
    """A file, and what people know of it."""

    id: str
    path: Path
    style: str
    title: str
    artist: str
    genre: str
    mood: str
    year: int


def demo(folder: Path) -> Iterator[Known]:
    """Make the demo library and yield its tracks."""
    entries = {entry.id: entry for entry in full()}
    for track in build(folder).tracks:
        entry = entries[track.id]
        if entry.style:
            known = (entry.style, entry.title, entry.artist, entry.genre, entry.mood, entry.year)
            yield Known(track.id, Path(track.path), *known)


def music(corpus: Path, folder: Path) -> Iterator[Known]:
    """Yield the game soundtracks."""
    with corpus.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            artist, genre = row["composer"] or row["artist"], row["genre"]
            yield Known(row["id"], folder / row["path"], genre, row["title"], artist, genre, "", 0)


def listen(keep: Path, kind: str, track: Known) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the vector, the raw scores and the facts of a file; None if it cannot be heard."""
    try:
        heard = Listening(keep).hear(kind, track.id, {}, lambda _target: track.path, "fusion")
    except MeshError:
        return None
    if heard.analysis.scores is None:
        return None
    return heard.vector, np.array(heard.analysis.scores, np.float32), facts_of(heard.analysis)


def facts_of(sounding: AudioAnalysis) -> np.ndarray:
    """Return the facts [facts] as blobs hold them."""
    row = np.full(len(FACTS), np.nan, np.float32)
    for place, name in enumerate(FACTS):
        value = getattr(sounding.facts, name) if sounding.facts is not None else None
        if value is not None:
            row[place] = KEYS.index(value) if name == "key" else value
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=("demo", "music"))
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--music", type=Path)
    parser.add_argument("--folder", type=Path, help="keep the demo library here")
    parser.add_argument("--keep", type=Path, help="folder for what was heard already")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(options.processes) as pool:
        known = list(
            demo(options.folder or Path(folder)) if options.name == "demo" else music(options.corpus, options.music)
        )
        keep = options.keep or Path(folder, "heard")
        heard = list(pool.map(partial(listen, keep, options.name), known))
    kept = [(track, found) for track, found in zip(known, heard, strict=True) if found is not None]
    columns = {
        f"{name}s": np.array([getattr(track, name) for track, _ in kept])
        for name in ("id", "style", "title", "artist", "genre", "mood", "year")
    }
    np.savez_compressed(
        FOLDER / f"{options.name}.npz",
        allow_pickle=False,
        vectors=np.stack([found[0] for _, found in kept]).astype(np.float16),
        scores=np.stack([found[1] for _, found in kept]).astype(np.float16),
        facts=np.stack([found[2] for _, found in kept]),
        # Libraries this small have no calibration: scores are places among their tracks.
        calibration=np.full((len(NAMES), 1 + MARKS), np.nan, np.float32),
        **columns,
    )


if __name__ == "__main__":
    main()
