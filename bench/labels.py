"""How well labels and facts about the sound are found, where the truth is known.

`python -m bench.labels --music FOLDER --corpus corpus.csv [--write]`. Needs the Debian packages `fluidsynth`,
`fluid-soundfont-gm` and `espeak-ng`. `--write` renews the table that the library reads at run time.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

import workers.library.labels
from bench.corpus import read_corpus
from bench.kept import Listening, Sample
from bench.labels_data import clicks, music, playing, readings, readings_over, songs
from bench.labels_measures import Found, auc, floor, key_relation, rank_correlation, tempo_right
from bench.planted import midi, speech
from bench.report import Row, report
from contract.labels import MARKS, SPOKEN, SoundFacts
from contract.settings import load_settings
from contract.vocabulary import NAMES, VERSION
from workers.library.labels.accuracy import FILE
from workers.library.labels.from_vectors import VectorScorer
from workers.runtime.settings import WorkerSettings

#: Styles of the corpus by the label that they should get.
STYLES: Final = {"metal": "Metal", "techno": "Techno", "ambient": "Ambient", "electronic": "Electronic"}
#: Fewest tracks that have a label for a measurement.
FEWEST: Final = 8


def main() -> int:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", type=Path, required=True, help="folder of the labelled music")
    parser.add_argument("--corpus", type=Path, required=True, help="its csv")
    parser.add_argument("--songs", type=int, default=60, help="songs of planted tempo and key")
    parser.add_argument("--readings", type=int, default=48, help="spoken texts")
    parser.add_argument(
        "--keep",
        type=Path,
        default=Path("labels-bench"),
        help="what was heard already, for bench.heard.make too",
    )
    parser.add_argument("--write", action="store_true", help="renew the table that the library reads")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if lacking := [*midi.missing(), *speech.missing()]:
        parser.error(f"these Debian packages are needed: {' '.join(lacking)}")
    listening = Listening(options.keep)
    tracks = read_corpus(options.corpus, options.music)
    heard = music(listening, tracks)
    instruments = playing(listening)
    found = {**_styles(heard, _scores(heard)), **_instruments(instruments)}
    rows = [
        *_labels(found),
        *_tempo("songs", songs(listening, options.songs)),
        *_tempo("clicks", clicks(listening)),
        *_keys(songs(listening, options.songs)),
        *_speech(heard, readings(listening, options.readings), readings_over(listening, tracks)),
        *_energy(heard),
        *_from_vectors(heard),
    ]
    if options.write:
        _write(found, [*heard, *instruments])
    return report("labels and facts", rows, options.json)


def _facts(sample: Sample) -> SoundFacts:
    return sample.analysis.facts or SoundFacts()


def _scores(samples: Sequence[Sample]) -> np.ndarray:
    return np.array([sample.analysis.scores for sample in samples], np.float32)


def _styles(heard: Sequence[Sample], every: np.ndarray) -> dict[str, Found]:
    """Measure labels by the styles of the music's tags; soundtracks say nothing of their style and do not count.

    `every`: raw scores [n, labels] of the n samples.
    """
    rows = [row for row, sample in enumerate(heard) if sample.truth["style"] not in {"", "Soundtrack"}]
    known, scores = [heard[row] for row in rows], every[rows]
    found = {}
    for label, style in STYLES.items():
        positive = np.array([sample.truth["style"] == style for sample in known])
        if positive.sum() >= FEWEST:
            column = scores[:, NAMES.index(label)]
            found[label] = Found(
                "music", auc(column, positive), int(positive.sum()), len(known), floor(column, positive)
            )
    return found


def _instruments(samples: Sequence[Sample]) -> dict[str, Found]:
    """Measure labels by single instruments."""
    scores = _scores(samples)
    found = {}
    for label in dict.fromkeys(sample.truth["label"] for sample in samples):
        positive = np.array([sample.truth["label"] == label for sample in samples])
        column = scores[:, NAMES.index(label)]
        found[label] = Found(
            "rendered", auc(column, positive), int(positive.sum()), len(samples), floor(column, positive)
        )
    return found


def _labels(found: dict[str, Found]) -> list[Row]:
    return [
        Row(
            f"AUC {label} ({one.material}, {one.positives} of {one.total})",
            one.auc,
            "",
            "no better than chance, hidden" if one.chance else "",
        )
        for label, one in found.items()
    ]


def _tempo(material: str, samples: Sequence[Sample]) -> list[Row]:
    right = [tempo_right(_facts(sample).bpm, sample.truth["bpm"]) for sample in samples]
    exact, octave = np.mean([one == "exact" for one in right]), np.mean([one != "wrong" for one in right])
    name = f"tempo of {len(samples)} {material}"
    return [
        Row(f"{name} within 4 %", float(exact) * 100, "%", ">= 95", bool(exact >= 0.95)),
        Row(f"{name} within half and double", float(octave) * 100, "%", "100", bool(octave == 1)),
    ]


def _keys(samples: Sequence[Sample]) -> list[Row]:
    relations = [key_relation(_facts(sample).key, sample.truth["key"]) for sample in samples]
    exact = float(np.mean([one == "exact" for one in relations]))
    near = float(np.mean([one in {"exact", "fifth", "relative"} for one in relations]))
    return [
        Row(f"key of {len(samples)} songs exact", exact * 100, "%", ">= 80", exact >= 0.8),
        Row(f"key of {len(samples)} songs within a fifth or relative", near * 100, "%", ">= 95", near >= 0.95),
    ]


def _speech(heard: Sequence[Sample], alone: Sequence[Sample], over: Sequence[Sample]) -> list[Row]:
    def spoken(samples: Sequence[Sample]) -> np.ndarray:
        return np.array([_facts(sample).speech or 0.0 for sample in samples])

    wrong = int((spoken(heard) >= SPOKEN).sum())
    return [
        Row(f"pieces of music taken for speech, of {len(heard)}", wrong, "", "0", wrong == 0),
        Row("highest `speech` of a piece of music", float(spoken(heard).max()), ""),
        _share(f"speech alone found, of {len(alone)}", spoken(alone), met=True),
        _share(f"speech over music found, of {len(over)}", spoken(over), met=False),
    ]


def _share(name: str, spoken: np.ndarray, *, met: bool) -> Row:
    share = float((spoken >= SPOKEN).mean()) if len(spoken) else 0.0
    return Row(name, share * 100, "%", ">= 95", share >= 0.95) if met else Row(name, share * 100, "%")


def _energy(heard: Sequence[Sample]) -> list[Row]:
    styles = [sample for sample in heard if sample.truth["style"] in {"Metal", "Techno", "Ambient"}]
    values = np.array([_facts(sample).energy or 0.0 for sample in styles])
    loud = np.array([sample.truth["style"] != "Ambient" for sample in styles], bool)
    if not loud.any() or loud.all():
        return []
    return [Row(f"AUC of energy: metal and techno before ambient ({len(styles)})", auc(values, loud), "")]


def _from_vectors(heard: Sequence[Sample]) -> list[Row]:
    """Compare the labels that stored vectors give with those of the taggers."""
    exact = _scores(heard)
    scorer = VectorScorer(load_settings(WorkerSettings).checkpoints)
    estimated = scorer.scores("fusion", np.stack([sample.vector for sample in heard]))
    alike = [rank_correlation(exact[:, column], estimated[:, column]) for column in range(len(NAMES))]
    name = f"from vectors of {len(heard)} tracks"
    aucs = [Row(f"AUC {label}, {name}", one.auc, "") for label, one in _styles(heard, estimated).items()]
    return [
        Row(f"lowest rank correlation of a label, {name}", min(alike), ""),
        Row(f"median rank correlation of a label, {name}", float(np.median(alike)), ""),
        *aucs,
    ]


def _write(found: dict[str, Found], samples: Sequence[Sample]) -> None:
    scores = _scores([sample for sample in samples if sample.analysis.scores is not None])
    marks = np.quantile(scores, np.linspace(0, 1, MARKS), axis=0).T.round(3)
    labels: dict[str, Any] = {name: one.stored() for name, one in found.items()}
    data = {"version": VERSION, "labels": labels, "reference": marks.tolist()}
    target = Path(workers.library.labels.__file__).parent / FILE
    target.write_bytes(orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE))


if __name__ == "__main__":
    raise SystemExit(main())
