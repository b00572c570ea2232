"""Learn the constants of `workers.sound` again: tempo and key from rendered songs, spoken word from readings and music.

`python -m bench.labels_constants --music FOLDER --corpus corpus.csv [--speech FOLDER]`. Needs what `bench.labels`
needs; takes about half an hour. `--speech`: recordings of people who speak, which count like the readings.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

import workers.sound
from bench.corpus import read_corpus
from bench.labels_data import FIRST_SONG
from bench.labels_learning import WIDE, learn_keys, learn_speech, learn_tempo
from bench.planted import midi, speech
from bench.planted.songs import song
from contract.labels import KEYS
from workers.audio.decode import open_stream
from workers.models.spectral.frames import RATE, Array, blocks
from workers.models.spectral.spectra import analyse
from workers.sound.chroma import Chroma
from workers.sound.constants import FILE, Constants
from workers.sound.key import turns
from workers.sound.periodicity import Periodicity
from workers.sound.speech import SpeechMeter
from workers.sound.tempo import evidence

#: Songs and readings to learn from; `bench.labels` measures on others.
SONGS: Final = 180
READINGS: Final = 96


def main() -> None:
    """Learn and write the file of constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=Path, required=True, help="folder of the labelled music")
    parser.add_argument("--corpus", type=Path, required=True, help="its csv")
    parser.add_argument("--speech", type=Path, help="folder of recorded speech")
    parser.add_argument("--songs", type=int, default=SONGS)
    options = parser.parse_args()
    if lacking := [*midi.missing(), *speech.missing()]:
        parser.error(f"these Debian packages are needed: {' '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="labels-constants") as name:
        folder = Path(name)
        seen, turned, truths = _songs(folder, min(options.songs, FIRST_SONG))
        words = _numbers(speech.speak(one, folder / "speech.wav") for one in speech.readings(0, READINGS)[::2])
        if options.speech is not None:
            words = np.concatenate(
                [words, _numbers(sorted(path for path in options.speech.rglob("*") if path.is_file()))]
            )
    music = _numbers(track.path for track in read_corpus(options.corpus, options.music))
    major, minor, bias = learn_keys(turned, np.array([KEYS.index(key) for _, key in truths]))
    weights, speech_bias = learn_speech(music, words)
    network = learn_tempo(seen, np.array([bpm for bpm, _ in truths]))
    target = Path(workers.sound.__file__).parent / FILE
    Constants(major, minor, bias, network, weights, speech_bias).save(str(target))
    print(f"{target}: {len(truths)} songs, {len(music)} pieces of music, {len(words)} readings")


def _songs(folder: Path, count: int) -> tuple[np.ndarray, np.ndarray, list[tuple[float, str]]]:
    """Return the evidence for tempi, the chroma as seen from each tonic, and the truths of songs."""
    seen, turned, truths = [], [], []
    for seed in range(count):
        made = song(seed)
        rhythm, chroma = Periodicity(), Chroma()
        for spectra in map(analyse, blocks(_samples(midi.render(made.voices, made.bpm, folder / "song.wav")))):
            rhythm.add(spectra, chroma.add(spectra))
        seen.append(evidence(*rhythm.summed(), WIDE))
        turned.append(turns(chroma.profiles()))
        truths.append((made.bpm, made.key))
    return np.stack(seen), np.stack(turned), truths


def _numbers(paths: Iterable[Path]) -> np.ndarray:
    """Return the numbers of spoken word, [files, 10]."""
    found = []
    for path in paths:
        meter, chroma = SpeechMeter(), Chroma()
        for spectra in map(analyse, blocks(_samples(path))):
            meter.add(spectra, chroma.add(spectra))
        mean = meter.mean()
        if mean is not None:
            found.append(mean)
    return np.stack(found)


def _samples(path: Path) -> Iterable[Array]:
    with open_stream(path, RATE) as stream:
        yield from (block[0] for block in stream)


if __name__ == "__main__":
    main()
