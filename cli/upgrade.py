"""What release this is, and what changed since the one that used the data folder last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import contract
from contract.private import new_file
from contract.release import release
from workers.folder.versions import newest

#: The file in the data folder that holds the release which started last.
NAME: Final = "release"
#: Longest release in that file, in characters.
LONGEST: Final = 64


def versions() -> str:
    """Return the release, and the versions of what other releases must agree with."""
    return f"sonicmesh {release()} (data folder {newest()}, messages {contract.VERSION})"


def about_the_upgrade(data: Path) -> Iterator[str]:
    """Yield a line if another release used the folder last, and record this one. `data` must exist."""
    file = data / NAME
    try:
        before = file.read_text(encoding="utf-8")[:LONGEST].strip()
    except (OSError, UnicodeDecodeError):
        before = ""
    now = release()
    if before == now:
        return
    draft = file.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with new_file(draft) as written:
        written.write(f"{now}\n".encode())
    draft.replace(file)
    if before:
        yield f"this is release {now}, before it was {before}: docs/operate/upgrade.md says what changes and how long"
