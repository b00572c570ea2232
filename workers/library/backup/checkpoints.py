"""The text sides that `sonicmesh train-text` made: its files, and the tokenizers that they need.

Backups do not contain weights from a hub: those can be fetched again.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.errors import Conflict
from workers.library.backup.archive import BLOCK, ArchiveReader
from workers.library.backup.manifest import BadBackup

#: Their folder in a backup.
FOLDER: Final = "checkpoints"
#: `{model}_best_r1.pt`.
_TRAINED: Final = re.compile(r"[\w-]+_best_r1\.pt")
#: A text encoder's folder, named after the last part of its name on the hub, and its small files.
_ENCODER: Final = re.compile(r"\w[\w.-]*")
_CONFIG: Final = "config.json"
_SMALL: Final = frozenset(
    {
        _CONFIG,
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.jinja",
        "vocab.txt",
        "vocab.json",
        "merges.txt",
        "sentencepiece.bpe.model",
        "spiece.model",
        "tokenizer.model",
    }
)
#: Prefix of the folder that holds files until they are put into place.
_STAGING: Final = ".sonicmesh-restore-"


def find(folder: Path) -> dict[str, Path]:
    """Return the files by their names in a backup; empty if nothing was trained."""
    trained = {f"{FOLDER}/{path.name}": path for path in folder.glob("*.pt") if _TRAINED.fullmatch(path.name)}
    if not trained:
        return {}
    encoders = [path.parent for path in folder.glob(f"*/{_CONFIG}") if _ENCODER.fullmatch(path.parent.name)]
    small = {
        f"{FOLDER}/{encoder.name}/{path.name}": path
        for encoder in sorted(encoders)
        for path in sorted(encoder.iterdir())
        if path.name in _SMALL and path.is_file()
    }
    return dict(sorted(trained.items())) | small


def trained_in(members: Iterable[str]) -> list[str]:
    """Return the file names of the text sides among the members of a backup."""
    return sorted(path.name for path in map(Path, members) if _parts(str(path)) and _TRAINED.fullmatch(path.name))


def differing(reader: ArchiveReader, folder: Path) -> list[Path]:
    """Return the local text sides that differ from those of the backup."""
    here = [(folder / name, f"{FOLDER}/{name}") for name in trained_in(reader.manifest.members)]
    members = reader.manifest.members
    return [path for path, member in here if path.exists() and digest(path) != members[member].sha256]


@dataclass(slots=True)
class StagedCheckpoints:
    """Files that were written beside the folder of checkpoints, read back and verified."""

    _source: Path
    _target: Path
    _names: list[tuple[str, ...]]

    def put(self) -> None:
        """Move the files into place. Encoder files that exist already stay."""
        for *parents, name in sorted(self._names, key=lambda parts: parts[-1] == _CONFIG):
            target = self._target.joinpath(*parents, name)
            if parents and target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            self._source.joinpath(*parents, name).replace(target)


@contextmanager
def staged(reader: ArchiveReader, folder: Path) -> Iterator[StagedCheckpoints]:
    """Write the backup's text sides to the disk of `folder` until they are put into place.

    Raises `Conflict` if they cannot be written, `BadBackup` if they read back differently.
    """
    names = {name: parts for name in reader.manifest.members if (parts := _parts(name))}
    if not names:
        yield StagedCheckpoints(folder, folder, [])
        return
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=folder) as scratch:
        for name, parts in names.items():
            path = Path(scratch).joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            reader.extract(name, path)
            if digest(path) != reader.manifest.members[name].sha256:
                raise Conflict(f"{name} differs when read back from {folder}: check that disk")
        yield StagedCheckpoints(Path(scratch), folder, list(names.values()))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    checksum = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            checksum.update(block)
    return checksum.hexdigest()


def _parts(member: str) -> tuple[str, ...]:
    """Return the place of a member below the folder of checkpoints; empty if it has none. Raises `BadBackup`."""
    first, *rest = member.split("/")
    if first != FOLDER:
        return ()
    if len(rest) == 1 and _TRAINED.fullmatch(rest[0]):
        return tuple(rest)
    if len(rest) == 2 and _ENCODER.fullmatch(rest[0]) and rest[1] in _SMALL:
        return tuple(rest)
    raise BadBackup(f"{member} in it was not made by `sonicmesh train-text`")
