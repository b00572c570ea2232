"""The version of this installation."""

from __future__ import annotations

from contract.release import release

VERSION = release()
