"""Restores a backup: checks everything, writes it beside the existing data, then puts it into place at once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.backup.progress import Bars
from cli.backup.scale import check_scale
from cli.supervisor import Supervisor
from contract.errors import Conflict
from contract.settings import home, load_settings
from workers.folder.opening import open_folder, step_back
from workers.library.backup import checkpoints, environment, graphs, state, waiting
from workers.library.backup.archive import ArchiveReader
from workers.library.backup.manifest import SCALE, SETTINGS, STATE, UPLOADS, BadBackup
from workers.library.backup.source import opened
from workers.search.settings import SearchSettings
from workers.search.store.transfer import Arrival
from workers.search.store.vector_store import VectorStore

#: Free disk space needed, as a multiple of the vectors' bytes: a store rewrites its files when it merges them.
SPACE_FACTOR: Final = 2.5
#: Prefix of the folder that holds files until they are put into place.
STAGING: Final = "restore-"


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore.

    `settings`: `written`, `kept` (an `.env` existed), `refused` (by the person who restores) or `none` (in the backup).
    `differing`: the variables whose values differ between the kept file and the backup.
    """

    data: Path
    store: str
    settings: str
    differing: tuple[str, ...]


def brought_settings(reader: ArchiveReader) -> dict[str, str]:
    """Return the settings that a restore would write: the backup's if there are none here. Raises `BadBackup`."""
    if (home() / ".env").exists() or not reader.has(SETTINGS):
        return {}
    try:
        return environment.assignments(reader.read(SETTINGS).decode())
    except UnicodeDecodeError as error:
        raise BadBackup(f"{SETTINGS} in it is not text: {error}") from error


def load(reader: ArchiveReader, bars: Bars, *, force: bool, settings: bool = True) -> Restored:
    """Restore everything or nothing; also the backup's `.env`, if `settings` is set and there is none here.

    Raises `BadBackup`, `Conflict`, `StoreUnavailable`, `SettingsError`.

    The mesh must be stopped: its library worker keeps parts of `state.db` in memory and would continue from those.
    """
    if Supervisor(load_settings(SearchSettings)).running():
        raise Conflict("the mesh is running: stop it with `sonicmesh stop`, restore, and start it again")
    try:
        return _load(reader, bars, force=force, with_settings=settings)
    except OSError as error:
        raise Conflict(f"a file here cannot be written: {error}") from error


def _load(reader: ArchiveReader, bars: Bars, *, force: bool, with_settings: bool) -> Restored:
    members = reader.manifest.members
    _check_small(reader)
    reader.check(bars.step("checking the file", sum(member.size for member in members.values())))
    with _staged_settings(reader, with_settings) as env_file:
        settings = load_settings(SearchSettings, env_file)
        _check_room(settings, reader)
        with open_folder(settings.data), state.owned(settings.data), _folder(settings.data) as staging:
            if reader.has(STATE):
                reader.extract(STATE, staging / STATE)
                state.check(staging / STATE, dict(reader.manifest.tables))
                state.forget_passing_jobs(staging / STATE)
            if reader.has(UPLOADS):
                reader.extract(UPLOADS, staging / UPLOADS)
                waiting.check(staging / UPLOADS, reader.manifest.waiting)
            with opened(settings) as store:
                _refuse_to_overwrite(settings, store, reader, force=force)
                with checkpoints.staged(reader, settings.checkpoints) as trained:
                    _carry_out(reader, settings, store, staging, trained, bars)
        return _settings_report(reader, settings, env_file)


def _check_small(reader: ArchiveReader) -> None:
    """Check the small files before anything is written. Raises `BadBackup`."""
    if reader.has(SETTINGS):
        environment.readable(reader.read(SETTINGS))
    if reader.has(SCALE):
        check_scale(reader.read(SCALE))


def _carry_out(
    reader: ArchiveReader,
    settings: SearchSettings,
    store: VectorStore,
    staging: Path,
    trained: checkpoints.StagedCheckpoints,
    bars: Bars,
) -> None:
    with ExitStack() as undo:
        arrivals = []
        for model in reader.manifest.models:
            arrival = Arrival(store, model.info)
            undo.callback(arrival.abandon)
            arrivals.append(arrival)
            arrival.fill(reader.pages(model.info), bars.step(f"{model.info.model} vectors", model.info.count))
            if (arrival.checksum.count, arrival.checksum.hex()) != (model.info.count, model.checksum):
                raise BadBackup(f"its {model.info.model} vectors do not match its manifest")
            graphs.put(reader, model.info, arrival.arrange)
            arrival.verify(bars.step(f"{model.info.model} read back", model.info.count))
        # From here on only the disk itself can fail.
        step_back(settings.data, reader.manifest.data_version)
        for arrival in arrivals:
            arrival.switch()
        for name in (STATE, UPLOADS):
            if reader.has(name):
                state.put(staging / name, settings.data / name)
        trained.put()
        if reader.has(SCALE):
            reader.extract(SCALE, staging / SCALE)
            (staging / SCALE).replace(settings.data / SCALE)
        undo.pop_all()
        for arrival in arrivals:
            arrival.tidy()


def _refuse_to_overwrite(settings: SearchSettings, store: VectorStore, reader: ArchiveReader, *, force: bool) -> None:
    if force:
        return
    status = store.status()
    existing = [
        f"{status[h.collection].count} {h.model} vectors" for h in reader.in_service() if h.collection in status
    ]
    if reader.has(STATE) and (settings.data / STATE).exists():
        existing.append(f"{settings.data / STATE}")
    existing += map(str, checkpoints.differing(reader, settings.checkpoints))
    if existing:
        raise Conflict(f"{' and '.join(existing)} would be replaced: make a backup of them, then restore with --force")


def _check_room(settings: SearchSettings, reader: ArchiveReader) -> None:
    """Raise `Conflict` if the disk is too small for the restored data."""
    settings.data.mkdir(parents=True, exist_ok=True)
    vectors = sum(h.count * h.stored_dimension * 4 for h in reader.in_service()) if "://" not in settings.uri else 0
    rest = sum(member.size for name, member in reader.manifest.members.items() if not name.endswith(".f32"))
    needed, free = int(SPACE_FACTOR * vectors) + rest, shutil.disk_usage(settings.data).free
    if needed > free:
        raise Conflict(f"{settings.data} has {free / 2**30:.1f} GiB free, about {needed / 2**30:.1f} GiB are needed")


@contextmanager
def _folder(data: Path) -> Iterator[Path]:
    """Make a folder on the disk of the data, so that renaming puts files into place.

    Removes what killed restores left. That is safe because the caller holds the lock on `state.db`, so no other restore
    is running.
    """
    for leftover in data.glob(f"{STAGING}*"):
        shutil.rmtree(leftover)
    with tempfile.TemporaryDirectory(prefix=STAGING, dir=data) as folder:
        yield Path(folder)


@contextmanager
def _staged_settings(reader: ArchiveReader, wanted: bool) -> Iterator[Path]:
    """Return the `.env` to use: the local one, else the backup's, which becomes the local one if all goes well."""
    path = home() / ".env"
    if path.exists() or not reader.has(SETTINGS) or not wanted:
        yield path
        return
    part = path.with_name(".env.part")
    part.touch(mode=0o600)
    try:
        reader.extract(SETTINGS, part)
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _settings_report(reader: ArchiveReader, settings: SearchSettings, env_file: Path) -> Restored:
    store = settings.uri if "://" in settings.uri else str(settings.store_path)
    if not reader.has(SETTINGS):
        return Restored(settings.data, store, "none", ())
    if env_file.name != ".env":
        return Restored(settings.data, store, "written", ())
    if not env_file.exists():
        return Restored(settings.data, store, "refused", ())
    here = environment.assignments(env_file.read_text(encoding="utf-8"))
    saved = environment.assignments(environment.readable(reader.read(SETTINGS)))
    differing = sorted(name for name, value in saved.items() if here.get(name) != value)
    return Restored(settings.data, store, "kept", tuple(differing))
