"""Checks the list of files in an archive before unpacking any: somebody may have made it by hand."""

from __future__ import annotations

import stat
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from workers.library.backup.manifest import NAME, SCALE, SETTINGS, BadBackup, Member

#: Most files in an archive: about two per page of a thousand tracks.
MOST_MEMBERS: Final = 200_000
#: Most bytes of files that are read into memory, by name, and of the files of a page.
MOST_BYTES: Final[Mapping[str, int]] = {NAME: 16 * 2**20, SETTINGS: 2**20, SCALE: 2**16}
MOST_PAGE_BYTES: Final = 64 * 2**20
PAGE_SUFFIXES: Final = (".json", ".f32")
#: Deflate cannot shrink data by more than this factor, so a file that claims more was not packed with it.
MOST_RATIO: Final = 1100
#: The compression methods that backups use.
PACKINGS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
ENCRYPTED: Final = 1


def check_list(members: Sequence[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Raise `BadBackup` if the members' names, kinds or sizes cannot be those of a backup."""
    if len(members) > MOST_MEMBERS:
        raise BadBackup(f"it contains {len(members)} files; a backup has at most {MOST_MEMBERS}")
    twice = [name for name, times in Counter(member.filename for member in members).items() if times > 1]
    if twice:
        raise BadBackup(f"{twice[0]!r} is in it more than once")
    for member in members:
        _check(member)
    packed = sum(member.compress_size for member in members)
    if packed > archive_bytes:
        raise BadBackup(f"its files overlap: they take {packed} bytes of {archive_bytes}")


def check_sizes(infos: Sequence[zipfile.ZipInfo], members: Mapping[str, Member]) -> None:
    """Raise `BadBackup` unless every member in the manifest exists with the size given there."""
    sizes = {info.filename: info.file_size for info in infos}
    lacking = [name for name in members if name not in sizes]
    if lacking:
        raise BadBackup(f"{len(lacking)} of its members are missing, such as {lacking[0]}")
    for name, member in members.items():
        if sizes[name] != member.size:
            raise BadBackup(f"{name} in it is damaged: it has {sizes[name]} bytes, the manifest says {member.size}")


def _check(member: zipfile.ZipInfo) -> None:
    name, path = member.filename, PurePosixPath(member.filename)
    if (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in member.orig_filename
        or ":" in name
        or not name.isprintable()
    ):
        raise BadBackup(f"{name[:200]!r} in it is not the name of a file of a backup")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if member.is_dir() or kind not in {0, stat.S_IFREG}:
        raise BadBackup(f"{name[:200]!r} in it is not a plain file")
    if member.flag_bits & ENCRYPTED or member.compress_type not in PACKINGS:
        raise BadBackup(f"{name[:200]!r} in it is encrypted, or compressed in another way than backups are")
    if member.file_size > MOST_RATIO * member.compress_size:
        raise BadBackup(
            f"{name[:200]!r} in it claims to be {member.file_size} bytes, compressed to {member.compress_size}"
        )
    most = MOST_BYTES.get(name) or (MOST_PAGE_BYTES if name.endswith(PAGE_SUFFIXES) else member.file_size)
    if "checkpoints" not in path.parts and member.file_size > most:
        raise BadBackup(f"{name[:200]!r} in it has {member.file_size} bytes, in a backup at most {most}")
