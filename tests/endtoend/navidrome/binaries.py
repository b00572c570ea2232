"""Where the real servers and their music are on this machine."""

from __future__ import annotations

import lzma
import os
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from tests.harness.places import SHARED

PACKED = SHARED / "navidrome-server"
LIVE = SHARED / "data/navidrome-live"
#: The folder of `navidrome-VERSION`, for machines where `SHARED` is not.
VARIABLE = "NAVIDROME_SERVERS"


def binary(version: str) -> Path:
    """The executable of a version; skips the test where there is none."""
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else PACKED
    plain, packed = folder / f"navidrome-{version}", folder / f"navidrome-{version}.xz"
    if plain.is_file():
        return plain
    if packed.is_file():
        return _unpacked(packed)
    return skip_or_fail(f"no Navidrome {version} in {folder}: {VARIABLE} may name a folder of files navidrome-VERSION")


def recorded_music() -> Path:
    """A folder with the libraries `music` and `archive`, and `changed-files`; not to be changed."""
    if not LIVE.is_dir():
        skip_or_fail("the music that the servers are given is not here")
    return LIVE


def skip_or_fail(reason: str) -> NoReturn:
    """Where the shared folder is, everything is there: a test that cannot run has failed."""
    if SHARED.is_dir():
        pytest.fail(reason)
    pytest.skip(reason)


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("NAVIDROME_CACHE") or Path(home) / "navidrome-server")


def _unpacked(packed: Path) -> Path:
    """The file in the cache, of this very package."""
    cache = _cache()
    plain = cache / packed.stem
    if plain.exists() and plain.stat().st_mtime >= packed.stat().st_mtime:
        return plain
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache, delete=False) as part, lzma.open(packed) as stream:
        shutil.copyfileobj(stream, part)
    Path(part.name).chmod(0o755)
    Path(part.name).replace(plain)
    return plain
