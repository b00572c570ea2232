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
        found = look_at(data)
    except NewerFolder as error:
        told, _, advice = error.message.rpartition(": ")
        return wrong("data folder", told, advice)
    except StoreUnavailable as error:
        return wrong("data folder", error.message, "let this user read it")
    except MeshError as error:
        told, _, advice = error.message.rpartition(": ")
        return wrong("data folder", told, advice)
    if found.upgrading_to is not None:
        text = f"has version {found.version} and an unfinished upgrade to {found.upgrading_to}"
        return note("data folder", text, "the next start continues it")
    if found.version < newest():
        text = f"has version {found.version}, this release's is {newest()}"
        return note("data folder", text, "the next start upgrades it and keeps a copy of state.db")
    return ok("data folder", f"has version {found.version}")
