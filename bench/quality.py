"""What the neighbours of a model are worth: `python -m bench.quality [LIBRARY]`.

Without a library: the demo library, made in a temporary folder. Else a Navidrome database (with `--path-map`), or
`--corpus tracks.csv --music FOLDER`. `--altered` also measures whether neighbours stay when a track is coded at
64 kbit/s, made quieter, or begins after a silence.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.corpus import Track, parse_path_map, read_corpus, read_navidrome
from bench.listening import Heard, listen, listen_altered
from bench.measures import Matrix, hubness, nearest, overlap, retrieval, same, similarities, within_album
from bench.report import Row, report

#: Neighbours that are looked at.
FIRST = 10
#: Neighbours that are looked at in the demo library.
FIRST_BY_STYLE = 5
STYLE_GOAL = 0.9
#: The best descriptors that were measured on the development music, each plus two standard errors.
ALBUM_GOAL, COMPOSER_GOAL, AUC_GOAL = 0.360, 0.362, 0.728
SKEW_GOAL, NEVER_GOAL = 0.5, 0.01
#: CPU seconds per minute of music, decoding included.
CPU_GOAL = 0.6
#: Share of the first ten that stays: mean over the alterations, and each of them.
STAY_GOAL, STAY_GOAL_EACH = 0.90, 0.80


def at_least(name: str, value: float, goal: float) -> Row:
    """A row whose value should reach its goal."""
    return Row(name, value, "", f">= {goal:g}", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Row:
    """A row whose value should stay below its goal."""
    return Row(name, value, unit, f"<= {goal:g}", value <= goal)


def style_rows(tracks: Sequence[Track], vectors: Matrix) -> list[Row]:
    """Precision among the first five by style."""
    own = np.eye(len(tracks), dtype=bool)
    score = retrieval(similarities(vectors, vectors), same([t.style for t in tracks]), own, FIRST_BY_STYLE)
    return [at_least("precision@5 by style", score.precision, STYLE_GOAL)]


def label_rows(tracks: Sequence[Track], vectors: Matrix, goals: bool) -> list[Row]:
    """By album and by composer (versions of the same piece left out), and how even the neighbourhoods are."""
    similarity = similarities(vectors, vectors)
    own = np.eye(len(tracks), dtype=bool)
    albums, composers = [t.album for t in tracks], [t.composer for t in tracks]
    pieces = [t.piece for t in tracks]
    album = retrieval(similarity, same(albums), own, FIRST)
    composer = retrieval(similarity, same(composers), own | same(pieces), FIRST)
    auc = within_album(similarity, albums, composers, pieces)
    hubs = hubness(nearest(similarity, own, FIRST), len(tracks))
    rows = [
        at_least("P@10 by album", album.precision, ALBUM_GOAL),
        Row("  standard error", album.error, ""),
        Row("nDCG@10 by album", album.ndcg, ""),
        at_least("P@10 by composer", composer.precision, COMPOSER_GOAL),
        Row("  standard error", composer.error, ""),
        Row("nDCG@10 by composer", composer.ndcg, ""),
        at_least("within-album AUC by composer", auc, AUC_GOAL),
        at_most("hub skew", hubs.skew, "", SKEW_GOAL),
        at_most("never a neighbour", hubs.never, "", NEVER_GOAL),
        Row("most often a neighbour", hubs.largest, "times"),
    ]
    return rows if goals else [Row(row.name, row.value, row.unit) for row in rows]


def stay_rows(tracks: Sequence[Track], vectors: Matrix, altered: dict[str, dict[int, Matrix]]) -> list[Row]:
    """How many of a track's first neighbours stay, by alteration."""
    rows = []
    for variant, copies in altered.items():
        indices = np.array(list(copies))
        own = np.eye(len(tracks), dtype=bool)[indices]
        before = nearest(similarities(vectors[indices], vectors), own, FIRST)
        after = nearest(similarities(np.stack(list(copies.values())), vectors), own, FIRST)
        rows.append(at_least(f"overlap@10 {variant}", overlap(before, after), STAY_GOAL_EACH))
    return [*rows, at_least("overlap@10, mean", float(np.mean([row.value for row in rows])), STAY_GOAL)]


def effort_rows(heard: Heard, goals: bool) -> list[Row]:
    """What listening cost, decoding included."""
    per_minute = heard.cpu_seconds / max(heard.seconds / 60, 1e-9)
    row = at_most("CPU, decoding included", per_minute, "s/min", CPU_GOAL)
    return [row if goals else Row(row.name, row.value, row.unit), Row("music", heard.seconds / 3600, "h")]


def measure(tracks: Sequence[Track], options: argparse.Namespace, demo: bool) -> list[Row]:
    """All rows for a library."""
    heard = listen(tracks, options.model, options.processes)
    kept = [tracks[index] for index in heard.indices]
    rows = [Row("tracks", len(kept), ""), Row("tracks that could not be embedded", len(tracks) - len(kept), "")]
    if options.save:
        np.savez(options.save, ids=np.array([track.id for track in kept]), vectors=heard.vectors)
    if demo:
        rows += style_rows(kept, heard.vectors)
    rows += label_rows(kept, heard.vectors, goals=options.corpus is not None)
    if options.altered:
        altered = listen_altered(kept, options.model, options.processes, options.altered)
        rows += stay_rows(kept, heard.vectors, altered)
    return rows + effort_rows(heard, goals=options.model == "spectral")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", nargs="?", type=Path, help="a Navidrome database")
    parser.add_argument("--path-map", type=parse_path_map, default={}, help="/music=/mnt/a,/archive=/mnt/b")
    parser.add_argument("--corpus", type=Path, help="csv: id, path, album, composer, piece, genre, duration_s")
    parser.add_argument("--music", type=Path, default=Path(), help="the folder that the csv's paths are below")
    parser.add_argument("--model", default="spectral", help="a model of the registry")
    parser.add_argument("--altered", type=int, default=0, metavar="N", help="alter every Nth track (0: none)")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write ids and vectors to this .npz")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.corpus:
        tracks = read_corpus(options.corpus, options.music)
    elif options.library:
        tracks = read_navidrome(options.library, options.path_map)
    else:
        return _demo(options)
    return report(f"quality of {options.model}", measure(tracks, options, demo=False), options.json)


def _demo(options: argparse.Namespace) -> int:
    from demo import build

    with tempfile.TemporaryDirectory() as folder:
        library = build(Path(folder))
        tracks = [
            Track(id=made.id, path=made.path, album=made.album, composer=made.artist, piece=made.id, style=made.style)
            for made in library.tracks
            if made.style
        ]
        return report(f"quality of {options.model} on the demo", measure(tracks, options, demo=True), options.json)


if __name__ == "__main__":
    sys.exit(main())
