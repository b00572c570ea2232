"""The tags of both taggers, and the raw scores of labels: tags of one meaning added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from contract.vocabulary import VOCABULARY
from workers.models.musicnn.files import Weights
from workers.models.musicnn.layout import Array
from workers.models.musicnn.locations import FOLDERS

#: Tags in the order of a tagger's output, in lower case.
MTT: Final = """
guitar, classical, slow, techno, strings, drums, electronic, rock, fast, piano, ambient, beat, violin, vocal,
synth, female, indian, opera, male, singing, vocals, no vocals, harpsichord, loud, quiet, flute, woman, male
vocal, no vocal, pop, soft, sitar, solo, man, classic, choir, voice, new age, dance, male voice, female vocal,
beats, harp, cello, no voice, weird, country, metal, female voice, choral
"""
MSD: Final = """
rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, alternative rock, jazz, beautiful,
metal, chillout, male vocalists, classic rock, soul, indie rock, mellow, electronica, 80s, folk, 90s, chill,
instrumental, punk, oldies, blues, hard rock, ambient, acoustic, experimental, female vocalist, guitar,
hip-hop, 70s, party, country, easy listening, sexy, catchy, funk, electro, heavy metal, progressive rock, 60s,
rnb, indie pop, sad, house, happy
"""
TAGS: Final = {name: tuple(" ".join(tags.split()).split(", ")) for name, tags in (("mtt", MTT), ("msd", MSD))}
#: The tags of both taggers, in the order of the hidden layers.
ORDER: Final = tuple(tag for tagger in FOLDERS for tag in TAGS[tagger])
#: Labels that are heard if somebody sings or speaks.
VOCAL: Final = tuple(
    at
    for at, meaning in enumerate(VOCABULARY)
    if meaning.name in {"vocals", "female voice", "male voice", "choir", "opera"}
)
#: The summed score of `VOCAL` that makes it as likely as not that there is a voice.
EVEN_VOCALS: Final = 0.3
#: How fast the likelihood rises with the logarithm of the score.
VOCALS_SLOPE: Final = 2.0


@cache
def _sums() -> Array:
    """Return [100, labels]: 1 where a tag is a synonym of a label."""
    return np.array([[tag in meaning.synonyms for meaning in VOCABULARY] for tag in ORDER], np.float32)


@dataclass(frozen=True, slots=True)
class TagHeads:
    """The last layers of both taggers: `kernel` [400, 100] and `bias` [100]."""

    kernel: Array
    bias: Array

    @classmethod
    def of(cls, weights: Weights) -> TagHeads:
        """Take them from the taggers' weights."""
        first, second = (weights[tagger] for tagger in FOLDERS)
        rows, columns = first.labels.shape
        kernel = np.zeros((2 * rows, 2 * columns), np.float32)
        kernel[:rows, :columns], kernel[rows:, columns:] = first.labels, second.labels
        return cls(kernel, np.concatenate([first.label_bias, second.label_bias]).astype(np.float32))

    def scores(self, hidden: Array) -> Array:
        """Return raw scores [n, labels] of hidden layers [n, 400].

        A raw score is the logarithm of the summed probabilities of the label's tags.
        """
        logits = np.clip(hidden @ self.kernel + self.bias, -30, 30)
        return np.asarray(np.log((1 / (1 + np.exp(-logits))) @ _sums()), np.float32)


def vocals(scores: Sequence[float] | Array) -> float:
    """Return how likely somebody sings or speaks, from 0 to 1, given raw scores [labels]."""
    total = float(np.exp(np.asarray(scores, np.float64)[list(VOCAL)]).sum())
    return float(1 / (1 + (EVEN_VOCALS / max(total, 1e-6)) ** VOCALS_SLOPE))
