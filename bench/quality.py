"""What the neighbours of a model are worth: `python -m bench.quality [--db DATABASE]`.

Without a library: the demo library, made in a temporary folder. Else a Navidrome database (`--music` or `--path-map`
say where its files are here), or `--corpus tracks.csv --music FOLDER`. The neighbours themselves are measured first,
then the lists that the ranking makes of them, by the setting `diversity`. `--altered` also measures whether neighbours
stay when a track is coded at 64 kbit/s, made quieter, or begins after a silence; `--baselines` what chance and means of
cepstral coefficients reach on the same tracks.
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
from bench.measures import Matrix, Score, hubness, nearest, overlap, retrieval, same, similarities, within_album
from bench.quality_baselines import better_by, cepstral_means, random_vectors
from bench.quality_lists import list_rows
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


def scores(tracks: Sequence[Track], vectors: Matrix) -> dict[str, Score]:
    """Retrieval among the first ten by each label that the tracks have."""
    similarity = similarities(vectors, vectors)
    own = np.eye(len(tracks), dtype=bool)
    albums, artists = same([t.album for t in tracks]), same([t.composer for t in tracks])
    pieces, styles = same([t.piece for t in tracks]), same([t.style for t in tracks])
    found = {
        "album": retrieval(similarity, albums, own, FIRST),
        "composer": retrieval(similarity, artists, own | pieces, FIRST),
        "composer, other albums": retrieval(similarity, artists, own | pieces | albums, FIRST),
        "style": retrieval(similarity, styles, own | pieces, FIRST),
    }
    several = len({t.style for t in tracks if t.style}) > 1  # where all are of one style, it tells nothing
    return {
        label: score for label, score in found.items() if np.isfinite(score.precision) and (several or label != "style")
    }


def label_rows(tracks: Sequence[Track], vectors: Matrix, goals: bool) -> list[Row]:
    """By label (versions of the same piece left out), and how even the neighbourhoods are."""
    asked = {"album": ALBUM_GOAL, "composer": COMPOSER_GOAL} if goals else {}
    rows: list[Row] = []
    for label, score in scores(tracks, vectors).items():
        name = f"P@10 by {label}"
        rows.append(at_least(name, score.precision, asked[label]) if label in asked else Row(name, score.precision, ""))
        rows += [Row("  standard error", score.error, ""), Row(f"nDCG@10 by {label}", score.ndcg, "")]
    similarity = similarities(vectors, vectors)
    hubs = hubness(nearest(similarity, np.eye(len(tracks), dtype=bool), FIRST), len(tracks))
    auc = within_album(similarity, [t.album for t in tracks], [t.composer for t in tracks], [t.piece for t in tracks])
    evenness = [
        at_least("within-album AUC by composer", auc, AUC_GOAL),
        at_most("hub skew", hubs.skew, "", SKEW_GOAL),
        at_most("never a neighbour", hubs.never, "", NEVER_GOAL),
        Row("most often a neighbour", hubs.largest, "times"),
    ]
    return rows + (evenness if goals else [Row(row.name, row.value, row.unit) for row in evenness])


def baseline_rows(tracks: Sequence[Track], vectors: Matrix, processes: int) -> list[Row]:
    """Chance and cepstral means on the same tracks, and by how much the model is better."""
    ours = scores(tracks, vectors)
    rows: list[Row] = []
    for name, baseline in (("random", random_vectors(len(tracks))), ("MFCC", cepstral_means(tracks, processes))):
        theirs = scores(tracks, baseline)
        rows += [Row(f"{name}: {row.name.strip()}", row.value, row.unit) for row in label_rows(tracks, baseline, False)]
        rows += [
            row for label in ours for row in better_by(f"better than {name} by {label}", ours[label], theirs[label])
        ]
    return rows


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
    rows += list_rows(kept, heard.vectors)
    if options.baselines:
        rows += baseline_rows(kept, heard.vectors, options.processes)
    if options.altered:
        altered = listen_altered(kept, options.model, options.processes, options.altered)
        rows += stay_rows(kept, heard.vectors, altered)
    return rows + effort_rows(heard, goals=options.model == "spectral")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say by the exit code whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", type=Path, help="a Navidrome database")
    parser.add_argument("--corpus", type=Path, help="csv: id, path, album, composer, title, piece, genre, duration_s")
    parser.add_argument(
        "--music", type=Path, default=Path(), help="folder that all paths of the csv or database are below"
    )
    parser.add_argument("--path-map", type=parse_path_map, default={}, help="/music=/mnt/a,/archive=/mnt/b")
    parser.add_argument("--model", default="spectral", help="a model of the registry")
    parser.add_argument("--altered", type=int, default=0, metavar="N", help="alter every Nth track (0: none)")
    parser.add_argument("--baselines", action="store_true", help="chance and cepstral means beside the model")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write ids and vectors to this .npz")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.corpus:
        tracks = read_corpus(options.corpus, options.music)
    elif options.db:
        tracks = read_navidrome(options.db, options.path_map or {"": str(options.music)})
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
