"""How well texts are answered without training: `python -m bench.words`.

On two libraries that were listened to once (`bench.heard`): the demo library, and 277 game soundtracks whose tags
name a genre. The tags are hidden where the table says so, and then only tell whether a track is right. With
`--tracks 100000` it also measures how long a list takes on so many planted tracks.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench.answering import Answering
from bench.heard import HeardLibrary, heard_library
from bench.report import Row, report
from bench.words_planted import planted_library

#: Tracks judged of a list, and fewest tracks of a style that is asked for.
FIRST: Final = 10
LEAST: Final = 8
#: How people call the demo's styles, and how else they say it; the styles' instruments.
NAMED: Final[Mapping[str, str]] = {
    "piano": "piano",
    "strings": "string quartet",
    "techno": "techno",
    "chiptune": "chiptune",
    "metal": "metal",
    "ambient": "ambient",
    "jazz": "jazz",
    "choir": "choir",
}
PARAPHRASED: Final[Mapping[str, str]] = {
    "piano": "a pianist alone at the keys",
    "strings": "chamber music with violin and cello",
    "techno": "pumping club beats from a machine",
    "chiptune": "sounds of an old game console",
    "metal": "brutal distorted guitars",
    "ambient": "floating soundscapes without rhythm",
    "jazz": "a swinging trio with upright bass",
    "choir": "many people singing in a cathedral",
}
#: Goals: agreement of a text's vector with its list, milliseconds, seconds, megabytes.
AGREEMENT, P95_MS, FIRST_SECONDS, MEMORY_MB = 0.6, 300.0, 2.0, 250.0
#: Texts for the times.
TEXTS: Final = (
    "calm piano, no drums",
    "rainy sunday morning",
    "120 bpm techno",
    "something sad with a bit of guitar",
    "music for a long drive at night",
    "loud and fast",
    "jazz from the sixties",
    "style 7, but slower",
    "cooking with friends",
    "dark drones, no vocals",
)


def share(answering: Answering, text: str, style: str) -> float:
    """Returns the share of the first ten that have the style, of those that can."""
    most = min(FIRST, sum(style in traits for traits in answering.library.songs))
    return sum(style in traits for traits in answering.traits(answering.list_for(text))[:FIRST]) / most


def chance(library: HeardLibrary, style: str) -> float:
    """Returns what a random list would reach."""
    songs = library.songs
    count = sum(style in traits for traits in songs)
    return FIRST * count / len(songs) / min(FIRST, count)


def of_styles(name: str, answering: Answering, texts: Mapping[str, str]) -> Iterator[Row]:
    """Yields a row for each style, and their mean beside chance."""
    found = {style: share(answering, text, style) for style, text in texts.items()}
    for style, value in found.items():
        yield Row(f"{name}: {style}", value, "")
    yield Row(f"{name}: mean", float(np.mean(list(found.values()))), "")
    yield Row("  by chance", float(np.mean([chance(answering.library, style) for style in texts])), "")


def agreement(answering: Answering, texts: Sequence[str]) -> float:
    """Returns the mean share of the first ten of a text's list that its vector brings too."""
    shares = []
    for text in texts:
        vector = answering.vector_of(text)
        own = {track.track_id for track in answering.list_for(text).tracks[:FIRST]}
        if vector is not None and own:
            shares.append(len(own & {t.track_id for t in answering.list_of(vector).tracks[:FIRST]}) / len(own))
    return float(np.mean(shares))


def quality(folder: Path) -> Iterator[Row]:
    """Yields what comes first, with the tags and without them."""
    for with_tags in (True, False):
        know = "tags known" if with_tags else "tags hidden"
        music = Answering(folder / f"music{with_tags}", heard_library("music"), with_tags=with_tags)
        counts = Counter(style for traits in music.library.traits.values() for style in traits)
        genres = {t.genres[0] for t in music.library.tagged if t.genres} - {"Soundtrack"}
        asked = {genre: genre.lower() for genre in sorted(genres) if counts[genre] >= LEAST}
        yield from of_styles(f"soundtracks, {know}", music, asked)
        demo = Answering(folder / f"demo{with_tags}", heard_library("demo"), with_tags=with_tags)
        yield from of_styles(f"demo by name, {know}", demo, NAMED)
        yield from of_styles(f"demo by paraphrase, {know}", demo, PARAPHRASED)
        for one, texts in ((music, [*asked.values(), *TEXTS]), (demo, [*NAMED.values(), *PARAPHRASED.values()])):
            value = agreement(one, texts)
            yield Row(f"vector and list agree, {know}", value, "", f">= {AGREEMENT:g}", value >= AGREEMENT)
            one.close()


def times(folder: Path, count: int) -> Iterator[Row]:
    """Yields how long lists take on `count` planted tracks."""
    answering = Answering(folder / "planted", planted_library(count))
    while answering.store.busy():
        time.sleep(0.1)
    began = time.perf_counter()
    answering.list_for(TEXTS[0])
    first = time.perf_counter() - began
    taken, worked = [], []
    for number in range(3 * len(TEXTS)):
        began, busy = time.perf_counter(), time.process_time()
        answering.list_for(f"{TEXTS[number % len(TEXTS)]}{' ' * (number // len(TEXTS))}")
        taken.append(1000 * (time.perf_counter() - began))
        worked.append(1000 * (time.process_time() - busy))
    p95 = float(np.quantile(taken, 0.95))
    yield Row(f"first list of {count} tracks", first, "s")
    yield Row("later lists, p50", float(np.median(taken)), "ms")
    yield Row("  CPU, p95", float(np.quantile(worked, 0.95)), "ms")
    yield Row("later lists, p95", p95, "ms", f"<= {P95_MS:g}", p95 <= P95_MS)
    answering.close()


COLD: Final = """
import resource, time
began = time.perf_counter()
from pathlib import Path
from workers.models.sentence.encoder import SentenceEncoder
encoder = SentenceEncoder(Path("checkpoints"), 0)
encoder.encode(["rainy sunday morning"])
seconds = time.perf_counter() - began
print(seconds, time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def cold() -> Iterator[Row]:
    """Yields what the first text costs a process that has read none."""
    done = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
    seconds, cpu, memory = map(float, done.stdout.split())
    yield Row("first text: CPU", cpu, "s")
    yield Row(
        "first text, imports and loading included", seconds, "s", f"<= {FIRST_SECONDS:g}", seconds <= FIRST_SECONDS
    )
    yield Row("memory of a process that reads", memory, "MB", f"<= {MEMORY_MB:g}", memory <= MEMORY_MB)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=0, help="also time lists on so many planted tracks")
    parser.add_argument("--only-times", action="store_true", help="measure no quality")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = [*cold(), *(() if options.only_times else quality(Path(folder)))]
        if options.tracks:
            rows += times(Path(folder), options.tracks)
    rows.append(Row("memory of this bench", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB"))
    return report("texts by words", rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
