"""The quality of a model's neighbours: `python -m bench.quality [--db DATABASE]`.

Without a library it uses the demo library, made in a temporary folder. Otherwise give a Navidrome database (`--music`
or `--path-map` locate its files), or `--corpus tracks.csv --music FOLDER`. The first table compares chance, means of
cepstral coefficients, the models of `--beside` and the model itself on the same tracks, each against `spectral`, the
former default, by paired differences. Then follow the model's neighbours in detail, and the lists that the ranking
makes of them, by the setting `diversity`. `--alone` omits the table. `--altered` also measures whether neighbours stay
when a track is coded at 64 kbit/s, made quieter or louder, begins after a silence, or is in mono.
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
from bench.measures import Matrix, nearest, overlap, retrieval, same, similarities
from bench.quality_baselines import better_by, cepstral_means, random_vectors
from bench.quality_lists import list_rows
from bench.quality_table import AUC, FIRST, Column, column, compared, compared_rows, scores
from bench.report import Row, report
from workers.models.registry import DEFAULT

#: Neighbours considered in the demo library.
FIRST_BY_STYLE = 5
STYLE_GOAL = 0.95
#: Goals of the default model on the development music.
GOALS = {"album": 0.475, "composer": 0.515, "composer, other albums": 0.66, "style": 0.63}
AUC_GOAL, SKEW_GOAL, NEVER_GOAL = 0.81, 0.6, 0.01
#: CPU seconds per minute of music, decoding included.
CPU_GOAL = 0.65
#: Share of the top ten that stays: mean over the alterations, and for each one.
STAY_GOAL, STAY_GOAL_EACH = 0.93, 0.85
#: Models in the table beside the measured one.
BESIDE = "spectral,musicnn"


def at_least(name: str, value: float, goal: float) -> Row:
    """Returns a row whose value should reach its goal."""
    return Row(name, value, "", f">= {goal:g}", value >= goal)


def at_most(name: str, value: float, unit: str, goal: float) -> Row:
    """Returns a row whose value should stay below its goal."""
    return Row(name, value, unit, f"<= {goal:g}", value <= goal)


def style_rows(tracks: Sequence[Track], vectors: Matrix) -> list[Row]:
    """Measure precision in the top five by style."""
    own = np.eye(len(tracks), dtype=bool)
    score = retrieval(similarities(vectors, vectors), same([t.style for t in tracks]), own, FIRST_BY_STYLE)
    return [at_least("precision@5 by style", score.precision, STYLE_GOAL)]


def label_rows(tracks: Sequence[Track], measured: Column, vectors: Matrix, goals: bool) -> list[Row]:
    """Measure precision by label (leaving out versions of the same piece), and how even the neighbourhoods are."""
    asked = GOALS if goals else {}
    rows: list[Row] = []
    for label, score in scores(tracks, vectors).items():
        name = f"P@10 by {label}"
        rows.append(at_least(name, score.precision, asked[label]) if label in asked else Row(name, score.precision, ""))
        rows += [Row("  standard error", score.error, ""), Row(f"nDCG@10 by {label}", score.ndcg, "")]
    hubs = measured.hubs
    auc = measured.scores[AUC].precision if AUC in measured.scores else float("nan")
    evenness = [
        at_least(AUC, auc, AUC_GOAL),
        at_most("hub skew", hubs.skew, "", SKEW_GOAL),
        at_most("never a neighbour", hubs.never, "", NEVER_GOAL),
        Row("most often a neighbour", hubs.largest, "times"),
    ]
    return rows + (evenness if goals else [Row(row.name, row.value, row.unit) for row in evenness])


def table(tracks: Sequence[Track], vectors: Matrix, options: argparse.Namespace) -> dict[str, Column]:
    """Compare the model [n, dim] with the baselines and other models on the same tracks."""
    described = {"random": random_vectors(len(tracks)), "MFCC": cepstral_means(tracks, options.processes)}
    for model in options.beside.split(","):
        if model and model != options.model:
            heard = listen(tracks, model, options.processes)
            if len(heard.indices) < len(tracks):
                raise SystemExit(
                    f"{model} cannot embed {len(tracks) - len(heard.indices)} tracks that {options.model} can"
                )
            described[model] = heard.vectors
    return {name: column(tracks, found) for name, found in (described | {options.model: vectors}).items()}


def better_rows(columns: dict[str, Column], model: str) -> list[Row]:
    """Returns how much the model beats chance and cepstral means."""
    return [
        row
        for name in ("random", "MFCC")
        for measure, score in columns[model].scores.items()
        for row in better_by(f"better than {name}: {measure}", score, columns[name].scores[measure])
    ]


def stay_rows(tracks: Sequence[Track], vectors: Matrix, altered: dict[str, dict[int, Matrix]]) -> list[Row]:
    """Measure how many of a track's nearest neighbours stay, by alteration."""
    rows = []
    for variant, copies in altered.items():
        indices = np.array(list(copies))
        own = np.eye(len(tracks), dtype=bool)[indices]
        before = nearest(similarities(vectors[indices], vectors), own, FIRST)
        after = nearest(similarities(np.stack(list(copies.values())), vectors), own, FIRST)
        rows.append(at_least(f"overlap@10 {variant}", overlap(before, after), STAY_GOAL_EACH))
    return [*rows, at_least("overlap@10, mean", float(np.mean([row.value for row in rows])), STAY_GOAL)]


def effort_rows(heard: Heard, goals: bool) -> list[Row]:
    """Returns the cost of listening, including decoding."""
    per_minute = heard.cpu_seconds / max(heard.seconds / 60, 1e-9)
    row = at_most("CPU, decoding included", per_minute, "s/min", CPU_GOAL)
    return [row if goals else Row(row.name, row.value, row.unit), Row("music", heard.seconds / 3600, "h")]


def measure(tracks: Sequence[Track], options: argparse.Namespace, demo: bool) -> list[Row]:
    """Returns all rows for a library."""
    heard = listen(tracks, options.model, options.processes)
    kept = [tracks[index] for index in heard.indices]
    rows = [Row("tracks", len(kept), ""), Row("tracks that could not be embedded", len(tracks) - len(kept), "")]
    if options.save:
        np.savez(options.save, ids=np.array([track.id for track in kept]), vectors=heard.vectors)
    if not options.alone:
        columns = table(kept, heard.vectors, options)
        if not options.json:
            print(compared(columns), end="\n\n", flush=True)
        rows += [*compared_rows(columns), *better_rows(columns, options.model)]
    if demo:
        rows += style_rows(kept, heard.vectors)
    own = options.model == DEFAULT
    rows += label_rows(kept, column(kept, heard.vectors), heard.vectors, goals=own and options.corpus is not None)
    rows += list_rows(kept, heard.vectors)
    if options.altered:
        altered = listen_altered(kept, options.model, options.processes, options.altered)
        rows += stay_rows(kept, heard.vectors, altered)
    return rows + effort_rows(heard, goals=own)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", type=Path, help="a Navidrome database")
    parser.add_argument("--corpus", type=Path, help="csv: id, path, album, composer, title, piece, genre, duration_s")
    parser.add_argument("--music", type=Path, default=Path(), help="root folder of the paths in the csv or database")
    parser.add_argument("--path-map", type=parse_path_map, default={}, help="/music=/mnt/a,/archive=/mnt/b")
    parser.add_argument("--model", default=DEFAULT, help="model to measure")
    parser.add_argument("--beside", default=BESIDE, help="models of the table, separated by commas")
    parser.add_argument("--alone", action="store_true", help="measure the model only, without the table")
    parser.add_argument("--altered", type=int, default=0, metavar="N", help="alter every Nth track (0: none)")
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
