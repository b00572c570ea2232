"""The version of the data folder: whether this release can use it."""

from __future__ import annotations

from pathlib import Path

from cli.doctor.finding import Finding, note, ok, wrong
from contract.errors import MeshError, StoreUnavailable
from workers.folder.opening import NewerFolder, look_at
from workers.folder.versions import newest


def check_version(data: Path) -> Finding:
    """Check the version; only reads the folder."""
    try:
        version = look_at(data)
    except NewerFolder as error:
        problem, _, advice = error.message.rpartition(": ")
        return wrong("data folder", problem, advice)
    except StoreUnavailable as error:
        return wrong("data folder", error.message, "let this user read it")
    except MeshError as error:
        problem, _, advice = error.message.rpartition(": ")
        return wrong("data folder", problem, advice)
    if version.upgrading_to is not None:
        text = f"has version {version.version} and an unfinished upgrade to {version.upgrading_to}"
        return note("data folder", text, "the next start continues it")
    if version.version < newest():
        text = f"has version {version.version}, this release's is {newest()}"
        return note("data folder", text, "the next start upgrades it and keeps a copy of state.db")
    return ok("data folder", f"has version {version.version}")
