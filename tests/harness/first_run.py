"""A mesh that nobody has set up: no database is named, and the home folder holds what is to be found."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import demo
from tests.harness.places import REPOSITORY, SHARED
from tests.harness.supervised import COMMAND_SECONDS, SupervisedMesh

LIVE = SHARED / "data/navidrome-live"
#: Where the libraries of that server lie here, and their names there.
ELSEWHERE = {"music": "lieder", "archive": "alt"}


class FirstRun(SupervisedMesh):
    """`home` is the home folder of whoever starts it; the demo library is there already, since making it takes long."""

    def __init__(self, folder: Path, made: demo.DemoLibrary, **settings: str | int | Path) -> None:
        super().__init__(folder / "m", **settings)
        self.home = folder / "h"
        self.home.mkdir()
        (self.folder / "data").mkdir(mode=0o700)
        (self.folder / "data/demo").symlink_to(made.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def environment(self) -> dict[str, str]:
        return super().environment() | {"HOME": str(self.home)}

    def typed(self, lines: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `sonicmesh setup` as somebody who types these lines."""
        return subprocess.run(
            [sys.executable, "-m", "cli.main", "setup", *arguments],
            cwd=REPOSITORY,
            env=self.environment(),
            input=lines,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def put_live(self) -> Path:
        """The database of a real server, and its music under other names; returns the database."""
        folder = self.home / "navidrome"
        folder.mkdir()
        shutil.copy(LIVE / "1-before-0.63.db", folder / "navidrome.db")
        for theirs, here in ELSEWHERE.items():
            shutil.copytree(LIVE / theirs, self.home / "Music" / here)
        return folder / "navidrome.db"

    def put_unreadable(self) -> Path:
        """A database whose files are nowhere; returns it."""
        library = demo.build_small(self.home / "gone", 12)
        folder = self.home / "navidrome"
        folder.mkdir()
        shutil.move(library.database, folder / "navidrome.db")
        shutil.rmtree(self.home / "gone")
        return folder / "navidrome.db"

    def written(self) -> str:
        """What the first run wrote; "" if nothing."""
        path = self.folder / "data/settings.env"
        return path.read_text() if path.exists() else ""
