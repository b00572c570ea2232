"""Labels of tracks, which come from the taggers, and facts about their sound, which come from the signal."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le

from contract.fields import Count, Share
from contract.message import Message, message
from contract.vocabulary import VERSION, LabelKind

#: Most tracks per page of labels, and the default.
MAX_PAGE: Final = 10_000
PAGE: Final = 1_000
#: Most tracks in one question for labels.
MAX_TRACKS: Final = 1_000
#: Marks of a calibration: the raw scores at evenly spaced ranks of the library, from the lowest to the highest.
MARKS: Final = 33

#: Whether a label was compared with tracks whose style is known.
Accuracy = Literal["measured", "unmeasured"]


@message
class SoundFacts(Message):
    """What the signal says about a track; null if it says nothing, or until the track has been analysed."""

    #: Beats per minute.
    bpm: float | None = None
    #: How sure the tempo is.
    bpm_confidence: Share | None = None
    #: Such as "A minor"; sharps only.
    key: str | None = None
    #: How sure the key is.
    key_confidence: Share | None = None
    #: Integrated loudness in LUFS (EBU R128).
    loudness_lufs: float | None = None
    #: Loudness range in LU (EBU Tech 3342).
    dynamic_range: float | None = None
    #: How dense and loud the sound is, from 0 to 1.
    energy: Share | None = None
    #: How likely somebody sings or speaks, from 0 to 1; 0 is instrumental.
    vocals: Share | None = None
    #: How likely it is spoken word, from 0 to 1.
    speech: Share | None = None


#: The columns of facts in a blob. `key`: 0 to 11 for C major to B major, 12 to 23 for C minor to B minor.
FACTS: Final[tuple[str, ...]] = (
    "bpm",
    "bpm_confidence",
    "key",
    "key_confidence",
    "loudness_lufs",
    "dynamic_range",
    "energy",
    "vocals",
    "speech",
)
PITCHES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
#: Keys by the number that a blob of facts has.
KEYS: Final[tuple[str, ...]] = tuple(f"{pitch} {mode}" for mode in ("major", "minor") for pitch in PITCHES)
#: `speech` from which on a track counts as spoken word.
SPOKEN: Final = 0.5


@message
class AudioAnalysis(Message):
    """What an embedding worker heard beside the vector. `scores`: raw, one per label; null without taggers."""

    #: Version of the vocabulary.
    version: int = VERSION
    scores: list[float] | None = None
    facts: SoundFacts | None = None


@message
class TrackLabel(Message):
    """A label of a track. `score`: its rank among the library's tracks, from 0 (least) to 1 (most)."""

    name: str
    kind: LabelKind
    score: Share
    accuracy: Accuracy


@message
class LabelledTrack(Message):
    """The labels of a track, best first, and the facts about its sound. Both are empty until it has been heard."""

    track_id: str
    labels: list[TrackLabel]
    facts: SoundFacts
    audio_id: str = ""
    library_id: int = 0
    #: The file as Navidrome names it, relative to the folder of its library.
    file: str = ""


@message
class LabelledTracks(Message):
    """The labels of tracks, those known, in the order asked for."""

    tracks: list[LabelledTrack]


@message
class KnownLabel(Message):
    """A label, and how well it was found where the truth is known.

    `auc`: the chance that a track that has it scores above one that has not; `positives`: how many tracks have it;
    `shown`: false if that is no better than chance.
    """

    name: str
    kind: LabelKind
    synonyms: list[str]
    accuracy: Accuracy
    auc: float | None = None
    positives: Count | None = None
    shown: bool = True


@message
class KnownLabels(Message):
    """Every label, in the order of the columns of raw scores; `spoken`: `speech` from which on it is spoken word."""

    #: Version of the vocabulary.
    version: int
    labels: list[KnownLabel]
    spoken: Share = SPOKEN


@message
class LabelsPageRequest(Message):
    """A page of heard tracks, ordered by id, after the id `after`; `since`: only those changed after that revision."""

    after: str | None = None
    limit: Annotated[int, Ge(1), Le(MAX_PAGE)] = PAGE
    since: Count = 0


@message
class LabelsPage(Message):
    """One page of n tracks with three blobs; `next` null: the last page.

    - raw scores [n, labels] float16: comparable within a label only, NaN if no tagger has heard the track
    - facts [n, len(FACTS)] float32, NaN if not known
    - calibration [labels, 1 + MARKS] float32: the raw score below which a label is silent, then the marks. The score
      that people see is `interp(raw, marks, linspace(0, 1, MARKS))`; 0 if silent. NaN while too few tracks were heard.

    `revision`: pass that of the first page as `since`, once the last page has come, to read only what changes from then
    on. One below `since` tells that the library's state is another, such as a restored one: read everything again.
    """

    #: Version of the vocabulary.
    version: int
    track_ids: list[str]
    next: str | None
    revision: Count
