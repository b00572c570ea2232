"""The version of this installation."""

from __future__ import annotations

from typing import Final

from contract.release import release

VERSION: Final = release()
