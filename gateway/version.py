"""The version of this installation."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("sonic-mesh")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


VERSION = _installed()
