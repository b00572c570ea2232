"""How well copies are recognised: `python -m bench.copies --corpus CORPUS.csv --music FOLDER`.

A sample of tracks is re-encoded (mp3, Vorbis, AAC, Opus), made quieter and later, and remastered, and embedded by the
model. Measures the sameness of a track and its copies by kind, the highest sameness of two different pieces, and how
the ranking's rules treat both: copies missed with agreeing tags and without them, and different pieces taken for one.
Without a library it uses the demo library.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.copies_listening import listen_to_copies
from bench.corpus import Track, read_corpus, read_navidrome
from bench.listening import listen
from bench.measures import Mask, Matrix
from bench.quality import at_most
from bench.report import Row, report
from broker.vectors import Vectors
from contract.search import Row as Stored
from workers.search.recommend.ranking.repeats import hear, repeats
from workers.search.recommend.ranking.similarity import Similarity, sameness_of, similarity_within, typical_of
from workers.search.recommend.ranking.titles import base_title
from workers.search.recommend.ranking.versions import SAME_DURATION, identity_of
from workers.search.store.rows import unit

#: What a copy's tags say: the same, or something entirely different.
AGREEING, OTHER = "tags that agree", "other tags"
Copies = Mapping[str, Mapping[int, Matrix]]


def stored(track: Track, *, tagged: bool = True) -> Stored:
    """Returns the row of a file; without `tagged`, one whose tags come from somebody else."""
    title, artist = (track.title, track.composer or track.album) if tagged else (f"{track.id}?", f"{track.id}!")
    return Stored(track_id=track.id, artist_id=artist, artist=artist, title=title, duration=track.duration or 0.0)


def copy_rows(tracks: Sequence[Track], vectors: Vectors, copies: Copies, similarity: Similarity) -> list[Row]:
    """Measure the sameness of copies by kind, and how many the rules miss."""
    rows: list[Row] = []
    for variant, heard in copies.items():
        places = np.array(list(heard))
        again = unit(np.stack(list(heard.values())).astype(np.float32))
        cosines = (vectors[places] * again).sum(axis=1)
        same = sameness_of(cosines, similarity.typical)
        rows.append(Row(f"{variant}: least sameness", float(same.min()), ""))
        rows.append(Row(f"{variant}: 5th percentile", float(np.quantile(same, 0.05)), ""))
        for tags in (AGREEING, OTHER):
            missed = sum(
                not found
                for place, vector in zip(places.tolist(), again, strict=True)
                for found in [_taken(tracks[place], vectors[place], vector, similarity, tags == AGREEING)]
            )
            name, unit_ = f"{variant}: missed with {tags}", f"of {len(places)}"
            rows.append(at_most(name, missed, unit_, 0) if tags == AGREEING else Row(name, missed, unit_))
    return rows


def _taken(track: Track, vector: Vectors, copy: Vectors, similarity: Similarity, tagged: bool) -> bool:
    identity = identity_of([stored(track), stored(track, tagged=tagged)])
    pair = np.stack([vector, copy])
    found = repeats(identity[[0]], identity[[1]], lambda i, j: hear(similarity, pair, i, pair, j + 1), False)
    return bool(found[0, 0])


def piece_rows(tracks: Sequence[Track], vectors: Vectors, similarity: Similarity) -> list[Row]:
    """Measure the highest similarity of two different pieces, and how many pairs the rules take for one."""
    rows = [stored(track) for track in tracks]
    identity = identity_of(rows)
    different = _different(tracks)
    same = sameness_of(vectors @ vectors.T, similarity.typical)
    as_long = np.abs(identity.duration[:, None] - identity.duration) <= SAME_DURATION
    found: list[Row] = []
    for name, pairs in (("two pieces", different), ("two pieces of equal length", different & as_long)):
        found.append(Row(f"{name}: highest sameness", float(same[pairs].max()) if pairs.any() else 0.0, ""))
    found.append(Row("two pieces of equal length", int((different & as_long).sum()) // 2, "pairs"))
    for name, songs in (("one recording", False), ("one song", True)):
        again = repeats(identity, identity, lambda i, j: hear(similarity, vectors, i, vectors, j), songs)
        found.append(at_most(f"pairs of pieces mistaken for {name}", int((again & different).sum()) // 2, "pairs", 0))
    return found


def _different(tracks: Sequence[Track]) -> Mask:
    pieces: npt.NDArray[np.str_] = np.array([track.piece for track in tracks])
    return np.asarray(pieces[:, None] != pieces)


def measure(tracks: Sequence[Track], options: argparse.Namespace) -> list[Row]:
    """Returns all rows for a library."""
    heard = listen(tracks, options.model, options.processes)
    kept = [tracks[index] for index in heard.indices]
    vectors = unit(np.asarray(heard.vectors, np.float32))
    copies = listen_to_copies(kept, options.model, options.processes, options.every)
    return rows_of(kept, vectors, copies)


def rows_of(tracks: Sequence[Track], vectors: Vectors, copies: Copies) -> list[Row]:
    """Returns all rows for the vectors."""
    similarity = similarity_within(vectors)
    pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    typical = Row("cosine of an unrelated pair", typical_of(pairs), "")
    return [
        Row("tracks", len(tracks), ""),
        typical,
        *piece_rows(tracks, vectors, similarity),
        *copy_rows(tracks, vectors, copies, similarity),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="csv: id, path, album, composer, title, piece, genre, duration_s")
    parser.add_argument("--music", type=Path, default=Path(), help="root folder of the csv's paths")
    parser.add_argument("--model", default="spectral", help="model to measure")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="copy every Nth track")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if options.corpus:
        labelled = read_corpus(options.corpus, options.music)
        return report(f"copies, {options.model}", measure(labelled, options), options.json)
    from demo import build

    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        known = [track for track in read_navidrome(Path(folder) / "navidrome.db", {}) if track.composer]
        # The demo has a remaster and a live version: these are not different pieces.
        tracks = [replace(track, piece=f"{track.composer}\0{base_title(track.title)}") for track in known]
        return report(f"copies, {options.model}, on the demo", measure(tracks, options), options.json)


if __name__ == "__main__":
    sys.exit(main())
