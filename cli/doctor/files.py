"""Files with people's data, tokens and logs: whether other users of this machine can read them."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import Final

from cli.doctor.finding import Finding, note, ok
from contract.private import open_to_others
from contract.settings import home
from workers.search.settings import SearchSettings

#: Most files to count, and most paths to name.
MOST_COUNTED: Final = 1000
MOST_TOLD: Final = 3


def check_files(settings: SearchSettings) -> Finding:
    """Check that only this user can read the files.

    The mesh creates files for its own user alone, but earlier releases did not, and people copy files.
    """
    places = [settings.data, settings.logs, settings.pids, settings.run_dir, home() / ".env"]
    if "://" not in settings.uri:
        places.append(settings.store_path)
    places = list(dict.fromkeys(place for place in places if place.exists()))
    exposed = list(islice(open_to_others(places), MOST_COUNTED))
    if not exposed:
        return ok("files", "only this user can read data, logs and settings")
    more = f" and {len(exposed) - MOST_TOLD} more" if len(exposed) > MOST_TOLD else ""
    if len(exposed) == MOST_COUNTED:
        more = " and many more"
    text = f"other users of this machine can read {', '.join(map(str, exposed[:MOST_TOLD]))}{more}"
    open_places = [place for place in places if any(each == place or place in each.parents for each in exposed)]
    return note("files", text, f"`chmod -R go-rwx {' '.join(shlex.quote(str(place)) for place in open_places)}`")
