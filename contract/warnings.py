"""Warnings: what had no effect or fell short of the request. A code for programs, a message for people.

HTTP shows the messages as `warnings` and their codes, in the same order, as `warning_codes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from contract.fields import Before
from contract.message import Message, message


class WarningCode(StrEnum):
    """All codes. The comment above each says when it is sent."""

    #: The request has no seeds, or none that can be used.
    NO_SEEDS = "no_seeds"
    #: Seeds, dislikes or ends of a path have no vector.
    NO_VECTOR = "no_vector"
    #: A model has no vectors of this library yet.
    MODEL_EMPTY = "model_empty"
    #: One of the models asked for does not answer, but others do.
    MODEL_LEFT_OUT = "model_left_out"
    #: None of the models asked for answers; another model does.
    ANOTHER_MODEL = "another_model"
    #: Fewer tracks than asked for; the message says why.
    SHORT_LIST = "short_list"
    #: Text seeds do not have the dimension of any model searched.
    TEXT_SEEDS_UNUSED = "text_seeds_unused"
    #: Nothing of a text was understood.
    TEXT_NOT_UNDERSTOOD = "text_not_understood"
    #: Some words of a text were not understood.
    WORDS_UNKNOWN = "words_unknown"
    #: Words of a text were understood, but nothing is known of it in this library yet, such as the tempo.
    WORDS_UNHEARD = "words_unheard"
    #: Words of a text were understood, but no track of this library is of the years that they ask for.
    WORDS_UNMET = "words_unmet"
    #: The vector of a text cannot hold its tempo, years or key.
    WORDS_LEFT_OUT = "words_left_out"
    #: Vectors of negative prompts belong to models that were not searched.
    NEGATIVE_EMBEDDINGS_UNUSED = "negative_embeddings_unused"
    #: No model could embed the negative prompts in time.
    NEGATIVE_PROMPTS_UNUSED = "negative_prompts_unused"
    #: Priorities name models that are not on this server.
    PRIORITIES_UNUSED = "priorities_unused"
    #: Fewer models answered than must agree; all that answered must agree instead.
    AGREEMENT_LOWERED = "agreement_lowered"
    #: The tracks of playlists could not be read and may appear.
    PLAYLISTS_UNREAD = "playlists_unread"
    #: The person cannot see some of the playlists.
    PLAYLISTS_UNSEEN = "playlists_unseen"
    #: The person cannot see some of the songs or albums.
    SONGS_UNSEEN = "songs_unseen"
    #: The person may not see any library.
    NOTHING_VISIBLE = "nothing_visible"
    #: A field of the request has no effect in this mode.
    WISH_UNUSED = "wish_unused"
    #: A model cannot be used for a job now.
    MODEL_UNUSABLE = "model_unusable"
    #: The enabled models stand in for those asked for.
    MODEL_REPLACED = "model_replaced"
    #: A model gave no vector for an upload, or could not compare it.
    UPLOAD_UNHEARD = "upload_unheard"
    #: An upload keeps its name: renaming failed.
    NAME_KEPT = "name_kept"


@message
class Warned(Message):
    """One warning. `detail` holds data for programs, such as a model or a count."""

    code: Annotated[WarningCode, Before(WarningCode)]
    message: str
    detail: dict[str, Any] | None = None


def once(warnings: Iterable[Warned]) -> list[Warned]:
    """Returns the warnings in order, each message once."""
    return list({warned.message: warned for warned in warnings}.values())
