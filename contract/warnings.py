"""Warnings: what had no effect, or is less than was asked for. A code for programs, a message for people.

HTTP shows the messages as `warnings` and the codes, place by place, as `warning_codes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

from contract.fields import Before
from contract.message import Message, message


class WarningCode(StrEnum):
    """Every code. The comment above each says when it comes."""

    #: Nothing was given to start from, or nothing of it can be used.
    NO_SEEDS = "no_seeds"
    #: Seeds, dislikes or ends of a path have no vector.
    NO_VECTOR = "no_vector"
    #: A model has no vectors of this library yet.
    MODEL_EMPTY = "model_empty"
    #: A model that was asked for does not answer, others that were asked for do.
    MODEL_LEFT_OUT = "model_left_out"
    #: None of the models asked for answers; another one does.
    ANOTHER_MODEL = "another_model"
    #: Fewer tracks than asked for; the message says why.
    SHORT_LIST = "short_list"
    #: Text seeds of a length that no model searched has.
    TEXT_SEEDS_UNUSED = "text_seeds_unused"
    #: Vectors of what to avoid, of models that were not searched.
    NEGATIVE_EMBEDDINGS_UNUSED = "negative_embeddings_unused"
    #: Negative prompts that no model could read in time.
    NEGATIVE_PROMPTS_UNUSED = "negative_prompts_unused"
    #: Priorities of models that are not on this server.
    PRIORITIES_UNUSED = "priorities_unused"
    #: Fewer models answered than must agree; as many as answered count.
    AGREEMENT_LOWERED = "agreement_lowered"
    #: The tracks of playlists could not be read, and may appear.
    PLAYLISTS_UNREAD = "playlists_unread"
    #: Playlists that the person cannot see.
    PLAYLISTS_UNSEEN = "playlists_unseen"
    #: Songs or albums that the person cannot see.
    SONGS_UNSEEN = "songs_unseen"
    #: The person may not see any library.
    NOTHING_VISIBLE = "nothing_visible"
    #: A wish that has no effect in this mode.
    WISH_UNUSED = "wish_unused"
    #: A model cannot be used for a job now.
    MODEL_UNUSABLE = "model_unusable"
    #: The models that are enabled stand in for those asked for.
    MODEL_REPLACED = "model_replaced"
    #: A model gave no vector of an upload, or could not compare it.
    UPLOAD_UNHEARD = "upload_unheard"
    #: An upload keeps its name: renaming failed.
    NAME_KEPT = "name_kept"


@message
class Warned(Message):
    """One warning. `detail` holds what the code is about (a model, a count), as far as a program may want it."""

    code: Annotated[WarningCode, Before(WarningCode)]
    message: str
    detail: dict[str, Any] | None = None


def once(warnings: Iterable[Warned]) -> list[Warned]:
    """The warnings in their order, each message once."""
    return list({warned.message: warned for warned in warnings}.values())
