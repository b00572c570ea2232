"""Small words: negations, degrees, words that introduce an artist, words that say nothing about the sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


NEGATIONS: Final = _words(
    "no not without never non minus except excluding exclude avoid nothing none neither nor isnt arent dont doesnt",
    "skip lacking less",
)
#: Words that end a negation, as punctuation does.
TURNS: Final = _words("but just only with rather instead yet please more though mostly mainly")
#: How much a term counts after these words.
DEGREES: Final[Mapping[str, float]] = {
    **dict.fromkeys(_words("very extremely really super so ultra incredibly totally mostly mainly much lot lots"), 1.5),
    **dict.fromkeys(_words("bit slightly little somewhat hint touch fairly rather less"), 0.5),
}
#: Words that introduce an artist.
LIKE: Final = _words("like by similar reminiscent style la resembling recalls")
#: Words that say nothing about the sound.
STOP: Final = _words(
    "a an the and or of to in on at for with from by as is are be was it its this that these those which who what me",
    "my i im you your we our want need would like give play find list playlist music song songs track tracks tune",
    "tunes piece pieces something anything some any stuff sound sounds sounding kind type style sort please good nice",
    "best great really just only more most much lots lot bit little very quite rather too also all there here make",
    "made similar reminiscent mix mood vibe vibes feel feels feeling feelings way la le de et so while when during",
    "into about around over under up out than then but else listen listening hear tonight today tomorrow now one ones",
    "two get got let put have has having can could should will being do does if not no low high",
)
