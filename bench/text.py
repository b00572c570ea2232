"""The quality of text learned from tags: `python -m bench.text [LIBRARY] --encoder FOLDER`.

Without a library: 256 short, fully tagged pieces of the demo's styles. Otherwise a Navidrome database (with
`--path-map`) with real people's tags. Nothing is saved; `sonicmesh train-text` does the same and saves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.corpus import parse_path_map, read_navidrome
from bench.listening import listen
from bench.report import Row, report
from broker.vectors import Vectors
from workers.library.navidrome.database import NavidromeDatabase
from workers.models.training.captions import TrackTags, check_enough
from workers.models.training.learning import learn
from workers.models.training.train import ENCODER, training_data
from workers.runtime.settings import WorkerSettings

#: Pieces of the demo, and their length in seconds.
PIECES, SECONDS = 256, 4.0
#: Required ratio of the answers on the demo to chance.
GOAL = 3.0
EVERYTHING = 1_000_000


def tags_of(database: Path) -> dict[str, TrackTags]:
    """Returns what a Navidrome database says about each track."""
    found = NavidromeDatabase(database).tags("", EVERYTHING)
    return {
        t.id: TrackTags(t.id, t.album_id, t.title, tuple(t.genres), tuple(t.moods), t.year, t.comment) for t in found
    }


def vectors_of(database: Path, options: argparse.Namespace) -> dict[str, Vectors]:
    """Returns vectors by track id: those of `--vectors`, or newly embedded."""
    if options.vectors:
        with np.load(options.vectors) as kept:
            return dict(zip(kept["ids"].tolist(), kept["vectors"], strict=True))
    tracks = read_navidrome(database, options.path_map)
    heard = listen(tracks, options.model, options.processes)
    return {tracks[index].id: vector for index, vector in zip(heard.indices, heard.vectors, strict=True)}


def measure(database: Path, options: argparse.Namespace, goal: float | None) -> list[Row]:
    """Returns all rows for a library."""
    from workers.models.training.encoding import encode, find_source, load

    tags, vectors = tags_of(database), vectors_of(database, options)
    tracks = [tags[i] for i in vectors if i in tags and tags[i].told]
    words = check_enough(tracks)
    rows = np.stack([vectors[track.id] for track in tracks]).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    checkpoints = WorkerSettings().checkpoints
    began = time.perf_counter()
    encoder = load(find_source(options.encoder, checkpoints), checkpoints, "cpu")
    told = training_data(tracks, rows, lambda texts: encode(encoder, texts, lambda *_: None))
    encoded = time.perf_counter()
    learned = learn(told, lambda *_: None)
    done = time.perf_counter()
    found = learned.held_out

    def against(name: str, value: float, chance: float) -> list[Row]:
        met = None if goal is None else value >= goal * chance
        wording = "" if goal is None else f">= {goal:g} x chance"
        return [Row(name, value, "", wording, met), Row("  by chance", chance, "")]

    return [
        Row("tracks", len(tracks), ""),
        Row("different words", words, ""),
        Row("texts", len(told.texts), ""),
        *against("recall@10 of held-out tracks", found.at_ten, found.chance_at_ten),
        *against("share of a style's first ten that have the style", found.styled, found.chance_styled),
        Row("mean reciprocal rank", found.reciprocal, ""),
        Row("penalty", learned.choice.penalty, ""),
        Row("sharpening (0: none)", learned.choice.sharpening or 0.0, ""),
        Row("reading texts", encoded - began, "s"),
        Row("learning", done - encoded, "s"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", nargs="?", type=Path, help="a Navidrome database")
    parser.add_argument("--path-map", type=parse_path_map, default={}, help="/music=/mnt/a,/archive=/mnt/b")
    parser.add_argument("--encoder", default=ENCODER, help="a folder, or a repository on the hub")
    parser.add_argument("--model", default="spectral", help="model to measure")
    parser.add_argument("--vectors", type=Path, help="the .npz that `bench.quality --save` wrote")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.library:
        return report(f"words for {options.model}", measure(options.library, options, None), options.json)
    return _demo(options)


def _demo(options: argparse.Namespace) -> int:
    from demo.building import build_entries
    from demo.varied import varied

    with tempfile.TemporaryDirectory() as folder:
        library = build_entries(Path(folder), varied(PIECES, SECONDS), processes=options.processes)
        rows = measure(library.database, options, GOAL)
    return report(f"words for {options.model} on {PIECES} pieces of the demo", rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
