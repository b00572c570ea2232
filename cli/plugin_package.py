"""The plugin's file: the one that the wheel carries, or one built from these sources."""

from __future__ import annotations

from pathlib import Path

from contract.errors import NotFound
from plugin.build import CARRIED, PACKAGE, build, find_go


def package() -> Path:
    """Return the package that the wheel carries, else one built from these sources, or an earlier one.

    Raises `BuildFailed`, which says what to install.
    """
    if CARRIED.exists():
        return CARRIED
    if find_go() is None and PACKAGE.exists():
        return PACKAGE
    return build()


def existing_package() -> Path:
    """Return the package without building it, which takes minutes. Raises `NotFound`, which says how to build it."""
    found = next((path for path in (CARRIED, PACKAGE) if path.exists()), None)
    if found is None:
        raise NotFound("this checkout has no plugin yet: `make plugin` builds it")
    return found
