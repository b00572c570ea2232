"""Where things stand on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: The checkout that is tested.
REPOSITORY: Final = Path(__file__).resolve().parents[2]
#: Recordings and measurements beside the checkout; tests that need one skip where it is missing.
SHARED: Final = REPOSITORY.parent / "shared"
#: Files that tests read.
DATA: Final = REPOSITORY / "tests" / "data"
