"""Files that were moved and got a new id at once: their audio tells."""

from __future__ import annotations

import logging
import time

from workers.library.catalogue.adoption import Adoptions
from workers.library.catalogue.catalogue import Changes, Entry
from workers.library.catalogue.changed import publish_changes
from workers.library.jobs.context import Context
from workers.library.navidrome.paths import shown

log = logging.getLogger(__name__)


def adopt_by_audio(context: Context, entry: Entry, audio_id: str) -> None:
    """Where `entry` is new and a track of the same audio vanished, the id of that one means this one from now on.

    The job copies the vectors as it does for any two tracks of the same audio; what else is kept under the old id
    follows between two jobs.
    """
    adoptions = Adoptions(context.state)
    old_id = adoptions.find_vanished(entry, audio_id)
    if old_id is None:
        return
    adoptions.note(old_id, entry.id, time.time())
    log.info("track %s is now %s, the audio is the same: %s", old_id, entry.id, shown(entry.path))
    publish_changes(context.events, context.catalogue, Changes(adopted=1))
