"""Warnings about texts: words that were not understood, of which nothing is known here, or that no vector can hold."""

from __future__ import annotations

from collections.abc import Sequence

from contract.warnings import Warned, WarningCode
from workers.search.words.lexicon.grammar import NEGATIONS
from workers.search.words.limits import Limits


def not_understood(text: str, words: Sequence[str], lacking: str) -> list[Warned]:
    """Words that mean nothing here; `lacking`: what reading by meaning lacks."""
    why = f" (words are read by phrase only: {lacking})" if lacking else ""
    message = f"not understood: {', '.join(words)}{why}"
    return [Warned(code=WarningCode.WORDS_UNKNOWN, message=message, detail={"words": list(words), "text": text})]


def not_heard(words: Sequence[str]) -> list[Warned]:
    """Words that were understood, but of which nothing is known in this library yet."""
    message = f"without effect, because nothing is known of it in this library yet: {', '.join(words)}"
    return [Warned(code=WarningCode.WORDS_UNHEARD, message=message, detail={"words": list(words)})]


def no_track_is(years: str) -> Warned:
    """No track of the library is of these years, such as "from 1994"."""
    tracks = "track with a year" if years.split(maxsplit=1)[0] in NEGATIONS else "track"
    message = f"no {tracks} is {years}"
    return Warned(code=WarningCode.WORDS_UNMET, message=message, detail={"words": [years]})


def not_in_vector(limits: Limits) -> list[Warned]:
    """Tempo, years and key of a text whose vector was asked for."""
    words = [said for said in (limits.bpm_words, limits.years_words, limits.key_words) if said]
    message = (
        f"a vector cannot hold a tempo, years or a key; it only leads to the sound of such tracks: {', '.join(words)}"
    )
    return [Warned(code=WarningCode.WORDS_LEFT_OUT, message=message, detail={"words": words})]


def prompt_unused(text: str, models: Sequence[str], problems: Sequence[Warned]) -> Warned:
    """A text to avoid of which nothing, or not everything, has an effect in these models; `problems`: what not."""
    reason = "; ".join(problem.message for problem in problems) or "nothing of it was understood"
    message = f"negative_prompts {text[:200]!r} in {', '.join(models)}: {reason}"
    return Warned(code=WarningCode.NEGATIVE_PROMPTS_UNUSED, message=message, detail={"text": text})


def nothing_understood(text: str) -> Warned:
    """A text of which nothing was understood."""
    message = f"nothing of {text[:200]!r} was understood, so there is nothing to look for"
    return Warned(code=WarningCode.TEXT_NOT_UNDERSTOOD, message=message, detail={"text": text})
