"""Two users of one machine: one owns and writes Navidrome's database, the other reads it like the mesh.

Run as another user than root, both are the same user.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.harness.places import REPOSITORY

#: Numbers of users that no machine has.
OWNER: Final = 52_000
READER: Final = 52_001
IS_ROOT: Final = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="two users need root")

#: The interpreter may be where only root can read, so users are changed after all imports.
BECOME: Final = """
import os
def become(user, *groups):
    if os.geteuid() == 0:
        os.setgroups(groups)
        os.setgid(user)
        os.setuid(user)
    os.umask(0o022)
"""

WRITER: Final = """
import json, sqlite3, sys
become(int(sys.argv[2]))
connection = None
for line in sys.stdin:
    statement = json.loads(line)
    try:
        if statement == "open":
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=2)
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
            said = []
        elif statement == "close":
            said = connection.close()
        else:
            said = connection.execute(statement).fetchall()
    except sqlite3.Error as error:
        said = repr(error)
    print(json.dumps(said), flush=True)
"""

READING: Final = """
import json, sys
from pathlib import Path
from contract.errors import NavidromeUnavailable
from workers.library.navidrome.database import NavidromeDatabase
become(int(sys.argv[1]), int(sys.argv[2]))
for line in sys.stdin:
    try:
        said = [track.title for track in NavidromeDatabase(Path(json.loads(line))).snapshot().tracks]
    except NavidromeUnavailable as error:
        said = f"unavailable: {error.message}"
    except BaseException as error:
        said = f"breaks: {error!r}"
    print(json.dumps(said), flush=True)
"""

SCHEMA: Final = (
    "CREATE TABLE library (id INTEGER PRIMARY KEY, name TEXT, path TEXT, last_scan_at)",
    "CREATE TABLE media_file (id TEXT PRIMARY KEY, path TEXT, title TEXT, artist TEXT, album TEXT, duration REAL, "
    "size INTEGER)",
    "INSERT INTO library VALUES (1, 'Music', '/music', NULL)",
)


class Program:
    """A process that reads lines of JSON and answers each with one."""

    def __init__(self, code: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-c", BECOME + code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )

    def ask(self, question: str) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Home:
    """The folder of Navidrome's database, which belongs to its user, and the program that writes it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sm"))
        self.database = self.folder / "navidrome.db"
        if IS_ROOT:
            os.chown(self.folder, OWNER, OWNER)
        self.folder.chmod(0o755)
        self._writers: list[Program] = []
        self.writer = self.start()
        self.write("PRAGMA journal_mode = WAL", *SCHEMA)
        self.add("first")

    def start(self) -> Program:
        """The program opens the database."""
        self.writer = Program(WRITER, str(self.database), str(OWNER))
        self._writers.append(self.writer)
        assert self.writer.ask("open") == []
        return self.writer

    def write(self, *statements: str) -> Any:
        said = None
        for statement in statements:
            said = self.writer.ask(statement)
            assert isinstance(said, list), said
        return said

    def add(self, title: str) -> None:
        self.write(f"INSERT INTO media_file VALUES ('{title}', '{title}.mp3', '{title}', 'A', 'B', 1.5, 9)")

    def stop(self) -> None:
        """It closes the database, like a program that exits cleanly."""
        assert self.writer.ask("close") is None

    def share(self) -> None:
        """Let the reader's group write in the folder, as many installations have it."""
        self.folder.chmod(0o2775)

    def contents(self) -> dict[str, tuple[int, int, str]]:
        """Owner, mode and content of every file."""
        return {
            path.name: (path.stat().st_uid, path.stat().st_mode, hashlib.sha256(path.read_bytes()).hexdigest())
            for path in self.folder.iterdir()
        }

    def owners(self) -> dict[str, int]:
        return {name: owner for name, (owner, _, _) in self.contents().items()}

    def close(self) -> None:
        for writer in self._writers:
            writer.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
