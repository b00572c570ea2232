"""Creates and removes the folders for parts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from contract.errors import FileUnreadable, Forbidden
from contract.private import check_owner, private_folder

#: Prefix of the name of a folder of parts.
PREFIX: Final = "split-"
#: Seconds after which a folder of parts is removed: the sender has taken them, or never will.
KEEP_SECONDS: Final = 3600.0


class PartFolders:
    """Folders below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def make(self) -> Path:
        """Create a folder that only this user can access, because others may write to the temporary folder too."""
        try:
            private_folder(self._root)
            return Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._root))
        except OSError as error:
            raise FileUnreadable(
                f"no folder for the parts can be created in {self._root}: {error.strerror}; SONICMESH_UPLOAD_SPLITS "
                "names another place"
            ) from None
        except Forbidden as error:
            raise FileUnreadable(f"{error.message} (SONICMESH_UPLOAD_SPLITS)") from None

    def clean(self, now: float) -> int:
        """Remove old folders of parts and return how many. `now` is in unix seconds."""
        removed = 0
        try:
            check_owner(self._root)
        except Forbidden:
            return 0
        for folder in self._root.glob(f"{PREFIX}*") if self._root.is_dir() else ():
            if folder.is_dir() and not folder.is_symlink() and folder.stat().st_mtime < now - KEEP_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
        return removed
