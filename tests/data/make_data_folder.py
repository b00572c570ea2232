"""Makes a fixture of the data folder: `python -m tests.data.make_data_folder [--tree CHECKOUT]`.

A mesh of that checkout embeds a small demo library with `spectral`, answers some questions and stops. What it leaves
becomes `data_folder_vN.tar.xz` beside this file, N being the folder's version: `data/`, the `navidrome.db` that it was
made from, and `answers.json`, what it answered. The music itself is not in it. Navidrome's paths are `/srv/...`.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson

import demo
from bench.ports import free_port
from tests.harness.places import REPOSITORY
from tests.harness.supervised import OURS

HERE: Final = Path(__file__).parent
#: Where Navidrome has its libraries, by their folder's name here.
NEUTRAL: Final = {"music": "/srv/music", "archive": "/srv/archive"}
TRACKS: Final = 12
#: Tracks whose neighbours are asked for, and how many of these.
SEEDS: Final = 4
NEIGHBOURS: Final = 8
#: Every file is of this moment, so that the same content makes the same archive (unix seconds).
MOMENT: Final = 1_790_000_000
#: Files of the folder that are not part of its content.
LEFT_OUT: Final = (".lock", ".part")


def main() -> None:
    """Make the fixture and print where it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=REPOSITORY, help="the checkout whose mesh makes it")
    tree = parser.parse_args().tree.resolve()
    folder = Path(tempfile.mkdtemp(prefix="smdf"))
    try:
        library = demo.build_small(folder / "library", TRACKS)
        database = _moved(library, folder / "navidrome.db")
        with _mesh(tree, folder, database) as ask:
            answers = _answers(ask, [track.id for track in library.tracks])
        version = _version(folder / "data")
        target = HERE / f"data_folder_v{version}.tar.xz"
        _pack(folder, answers, target)
    finally:
        shutil.rmtree(folder)
    print(f"{target}: {target.stat().st_size} bytes")


def _moved(library: demo.DemoLibrary, target: Path) -> Path:
    """Navidrome's database with its libraries in `NEUTRAL` places, in one file."""
    with closing(sqlite3.connect(library.database)) as connection, connection:
        for path in library.library_paths:
            connection.execute("UPDATE library SET path = ? WHERE path = ?", (NEUTRAL[path.name], str(path)))
    with closing(sqlite3.connect(library.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("VACUUM INTO ?", (str(target),))
    return target


@contextmanager
def _mesh(tree: Path, folder: Path, database: Path) -> Iterator[Any]:
    """A mesh of the checkout `tree` that has embedded the library; its command with `--json`."""
    shutil.copy(tree / "supervisord.conf", folder)
    settings = {
        "NAVIDROME_DB_PATH": str(database),
        "SONICMESH_PATH_MAP": ",".join(f"{there}={folder}/library/{name}" for name, there in NEUTRAL.items()),
        "SONICMESH_MODELS": "spectral",
        "NAVIDROME_RECOMMENDER_PORT": str(free_port()),
        "TEXT_EMBEDDING_PORT": str(free_port()),
        "NAVIDROME_EMBED_SOCKET": "off",
    }
    (folder / ".env").write_text("".join(f"{key}='{value}'\n" for key, value in settings.items()))
    kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    environment = {**kept, "SONICMESH_HOME": str(folder), "PYTHONPATH": str(tree)}  # before what is installed

    def ask(*arguments: str) -> Any:
        command = [sys.executable, "-m", "cli.main", *arguments, "--json"]
        done = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise SystemExit(f"`sonicmesh {' '.join(arguments)}` failed: {done.stdout.decode()}")
        return orjson.loads(done.stdout)

    try:
        ask("scale", "spectral=1")
        ask("run")
        yield ask
    finally:
        ask("stop")


def _answers(ask: Any, tracks: list[str]) -> dict[str, Any]:
    """Ids and scores near each seed, and the job that embedded everything."""
    near = {}
    for seed in tracks[:SEEDS]:
        answer = ask("recommend", seed, "--limit", str(NEIGHBOURS))
        near[seed] = [[track["track_id"], track["score"]] for track in answer["tracks"]]
    job = ask("status")["job"]
    kept = ("job_id", "status", "total_tracks", "processed_tracks", "failed_tracks")
    return {"tracks": sorted(tracks), "near": near, "job": {name: job[name] for name in kept}}


def _version(data: Path) -> int:
    """The version that the folder records; early folders recorded none and have version 1."""
    file = data / "version.json"
    return int(orjson.loads(file.read_bytes())["version"]) if file.exists() else 1


def _pack(folder: Path, answers: dict[str, Any], target: Path) -> None:
    """The archive, without traces of the machine that made it."""
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(_content(folder / "data"))}
    files["navidrome.db"] = (folder / "navidrome.db").read_bytes()
    files["answers.json"] = orjson.dumps(answers, option=orjson.OPT_INDENT_2)
    for name, content in files.items():
        if os.fsencode(folder) in content:
            raise SystemExit(f"{name} names {folder}, which is of this machine")
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), MOMENT, 0o600
            archive.addfile(member, io.BytesIO(content))


def _content(data: Path) -> Iterator[Path]:
    for path in data.rglob("*"):
        if path.is_file() and not path.name.endswith(LEFT_OUT):
            yield path


if __name__ == "__main__":
    main()
