"""The vocabulary of labels: which tags of the two taggers mean the same, and what kind of label each is."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

#: Changes whenever `VOCABULARY` or the meaning of a raw score does; scores of unequal versions are never mixed.
VERSION: Final = 1

LabelKind = Literal["genre", "mood", "instrument", "voice", "era"]


class Meaning(NamedTuple):
    """A label: its name, its kind, and the tags of the taggers (MagnaTagATune, Million Song Dataset) that mean it."""

    name: str
    kind: LabelKind
    synonyms: tuple[str, ...]


def _meanings(kind: LabelKind, *lines: str) -> tuple[Meaning, ...]:
    """Read lines such as `choir = choir, choral`; a name alone is its own only tag."""
    found = []
    for line in lines:
        name, _, tags = line.partition(" = ")
        found.append(Meaning(name, kind, tuple(tags.split(", ")) if tags else (name,)))
    return tuple(found)


#: Every label, in the order of the columns of raw scores. Together they hold each tag of both taggers once.
VOCABULARY: Final[tuple[Meaning, ...]] = (
    *_meanings(
        "genre",
        "rock",
        "alternative = alternative, alternative rock",
        "indie = indie, indie rock, indie pop",
        "classic rock",
        "hard rock",
        "progressive rock",
        "punk",
        "metal = metal, heavy metal",
        "pop",
        "electronic = electronic, electronica, electro",
        "techno",
        "house",
        "dance",
        "hip-hop",
        "r&b = rnb",
        "soul",
        "funk",
        "blues",
        "jazz",
        "folk",
        "country",
        "classical = classical, classic",
        "opera",
        "ambient",
        "new age",
        "indian",
        "easy listening",
        "experimental",
    ),
    *_meanings(
        "mood",
        "slow",
        "fast",
        "loud",
        "quiet",
        "soft",
        "chill = chillout, chill, mellow",
        "beautiful",
        "sad",
        "happy",
        "sexy",
        "catchy",
        "party",
        "weird",
    ),
    *_meanings(
        "instrument",
        "guitar",
        "acoustic",
        "strings",
        "violin",
        "cello",
        "harp",
        "harpsichord",
        "flute",
        "sitar",
        "piano",
        "synth",
        "drums",
        "beat = beat, beats",
        "solo",
    ),
    *_meanings(
        "voice",
        "vocals = vocal, vocals, voice, singing",
        "female voice = female, woman, female vocal, female voice, female vocalist, female vocalists",
        "male voice = male, man, male vocal, male voice, male vocalists",
        "choir = choir, choral",
        "instrumental = no vocals, no vocal, no voice, instrumental",
    ),
    *_meanings("era", "60s", "70s", "80s", "90s", "00s", "oldies"),
)
NAMES: Final[tuple[str, ...]] = tuple(meaning.name for meaning in VOCABULARY)
