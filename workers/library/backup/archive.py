"""The backup file: a ZIP archive whose last member lists all others with their checksums."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import orjson

from broker.vectors import pack_vectors, unpack_vectors
from broker.wire import WireError
from contract.errors import Conflict, MeshError
from contract.message import fields_of
from contract.private import new_file
from workers.library.backup.manifest import NAME, BackupModel, BadBackup, Manifest, Member, page_names
from workers.library.backup.members import check_list, check_sizes
from workers.library.backup.part import ARCHIVE, part_in
from workers.search.store.pages import Page
from workers.search.store.rows import row_from_wire
from workers.search.store.transfer import GenerationInfo

#: Bytes to read at once.
BLOCK: Final = 1024 * 1024
#: Errors that reading a damaged archive may raise.
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError)


class ArchiveWriter:
    """Adds members to an archive and collects their checksums. `scratch`: a folder for temporary files."""

    def __init__(self, archive: zipfile.ZipFile, scratch: Path) -> None:
        self._archive = archive
        self.scratch = scratch
        self.members: dict[str, Member] = {}

    def add(self, name: str, data: bytes, *, compress: bool = True) -> None:
        """Add a member. Float32 vectors are not worth compressing."""
        kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        self._archive.writestr(name, data, compress_type=kind)
        self.members[name] = Member(len(data), hashlib.sha256(data).hexdigest())

    def add_file(self, name: str, path: Path, *, compress: bool = True) -> None:
        """Add a member with the content of a file, which need not fit into memory."""
        digest, size = hashlib.sha256(), 0
        information = zipfile.ZipInfo(name)
        information.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        with path.open("rb") as source, self._archive.open(information, "w", force_zip64=True) as target:
            while block := source.read(BLOCK):
                digest.update(block)
                size += len(block)
                target.write(block)
        self.members[name] = Member(size, digest.hexdigest())

    def add_page(self, model: str, number: int, page: Page) -> None:
        """Add the rows and vectors of one page."""
        rows, vectors = page_names(model, number)
        self.add(rows, orjson.dumps([fields_of(row) for row in page.rows]))
        self.add(vectors, pack_vectors(page.vectors), compress=False)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest as the last member."""
        self._archive.writestr(NAME, manifest.pack(), compress_type=zipfile.ZIP_DEFLATED)


@contextmanager
def writing(path: Path, *, force: bool) -> Iterator[ArchiveWriter]:
    """Write a new archive; it gets the name `path`, readable only by its owner, once it is complete and on disk.

    Raises `Conflict` if `path` exists and `force` is not set, or if it cannot be written.
    """
    if path.exists() and not force:
        raise Conflict(f"{path} already exists; choose another name, or --force to replace it")
    try:
        with part_in(path.parent) as (part, file):
            with zipfile.ZipFile(file, "w") as archive:
                yield ArchiveWriter(archive, part)
            file.flush()
            os.fsync(file.fileno())
            (part / ARCHIVE).replace(path)
    except OSError as error:
        raise Conflict(f"{path} cannot be written: {error.strerror or error}") from error


class ArchiveReader:
    """An open backup, and a `Source` of vectors. All methods raise `BadBackup`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Check the lists of members; unpacks nothing but the manifest for that."""
        self._archive = archive
        members = archive.infolist()
        check_list(members, Path(str(archive.filename)).stat().st_size)
        self.manifest = Manifest.unpack(self.read(NAME, check=False))
        check_sizes(members, self.manifest.members)

    def check(self, progress: Callable[[int], None]) -> None:
        """Compare every member with its checksum. Calls `progress` with the bytes read."""
        for name, member in self.manifest.members.items():
            digest, size = hashlib.sha256(), 0
            for block in self._blocks(name):
                digest.update(block)
                size += len(block)
                progress(len(block))
            if (size, digest.hexdigest()) != (member.size, member.sha256):
                raise BadBackup(f"{name} in it is damaged")

    def read(self, name: str, *, check: bool = True) -> bytes:
        """Return the content of a small member."""
        if check and name not in self.manifest.members:
            raise BadBackup(f"it has no {name}")
        return b"".join(self._blocks(name))

    def extract(self, name: str, target: Path) -> None:
        """Write a member to the file `target`."""
        with new_file(target) as file:
            for block in self._blocks(name):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())

    def has(self, name: str) -> bool:
        """Return whether there is a member of that name."""
        return name in self.manifest.members

    def in_service(self) -> list[GenerationInfo]:
        return [model.info for model in self.manifest.models]

    def pages(self, info: GenerationInfo) -> Iterator[Page]:
        (model,) = (model for model in self.manifest.models if model.info == info)
        for number in range(model.pages):
            yield self._page(model, number)

    def _page(self, model: BackupModel, number: int) -> Page:
        rows, vectors = page_names(model.info.model, number)
        try:
            listed = orjson.loads(self.read(rows))
            if not isinstance(listed, list):
                raise BadBackup(f"{rows} in it is not a list of rows")
            rows_read = [row_from_wire(row, f"{rows}[{place}]") for place, row in enumerate(listed)]
            array = unpack_vectors(self.read(vectors), model.info.stored_dimension)
        except (orjson.JSONDecodeError, WireError, MeshError) as error:
            raise BadBackup(f"{rows} in it cannot be read: {error}") from error
        if len(rows_read) != len(array):
            raise BadBackup(f"{rows} in it has {len(rows_read)} rows for {len(array)} vectors")
        return Page(rows_read, array, None)

    def _blocks(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as member:
                while block := member.read(BLOCK):
                    yield block
        except DAMAGED as error:
            raise BadBackup(f"{name} in it is missing or damaged ({error})") from error


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Open the backup `path`. Raises `BadBackup`, which names the file and the problem."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise BadBackup(f"there is no file {path}") from None
    except OSError as error:
        raise BadBackup(f"{path} cannot be read: {error.strerror or error}") from error
    except (*DAMAGED, ValueError) as error:
        raise BadBackup(f"{path} cannot be used: it is not a backup, or it is incomplete ({error})") from error
    with archive:
        try:
            yield ArchiveReader(archive)
        except BadBackup as error:
            raise BadBackup(f"{path} cannot be used: {error.message}") from error
