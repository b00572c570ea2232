"""The release of Sonic Mesh."""

from __future__ import annotations


def release() -> str:
    """Returns the version of this installation, such as `0.1.0`, or `0` for a checkout that was never installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sonic-mesh")
    except PackageNotFoundError:
        return "0"
