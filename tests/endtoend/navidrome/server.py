"""A real Navidrome in a folder of its own, and what people do there through its own interfaces."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.ports import free_port
from tests.endtoend.navidrome.binaries import binary
from tests.harness.waiting import eventually

Json = dict[str, Any]
#: Seconds that one request, a start and a scan may take on a loaded machine.
REQUEST_S, START_S, SCAN_S = 60.0, 90.0, 120.0
#: Seconds until a server that is told to end is killed.
STOP_S = 20.0
#: Starts a program that ends with this process, however that ends.
BOUND = (
    "import os, sys; from broker.process import die_with_parent; die_with_parent(); os.execv(sys.argv[1], sys.argv[1:])"
)
SETTINGS = {
    "ND_ADDRESS": "127.0.0.1",
    "ND_SCANNER_SCHEDULE": "0",
    "ND_SCANNER_ENABLED": "true",
    "ND_SCANNER_WATCHERWAIT": "1h",
    "ND_ENABLEINSIGHTSCOLLECTOR": "false",
    "ND_PLUGINS_ENABLED": "true",
    "ND_AGENTS": "sonicmesh",
    "ND_LASTFM_ENABLED": "false",
    "ND_DEEZER_ENABLED": "false",
    "ND_LISTENBRAINZ_ENABLED": "false",
}


class Refusal(Exception):
    """Navidrome answered with an error; `status` is that of HTTP, or 200 with Subsonic's own code."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def exchange(request: urllib.request.Request) -> Any:
    """JSON of an answer, or its text. Raises `Refusal`."""
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_S) as response:
            return _read(response.read())
    except urllib.error.HTTPError as refused:
        raise Refusal(refused.code, _read(refused.read())) from None


def _read(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")


class Person:
    """Somebody who logged in once; logins are limited, so this is kept."""

    def __init__(self, url: str, name: str, login: Mapping[str, Any]) -> None:
        self.name = name
        self.id = str(login["id"])
        self.token = str(login["token"])
        self._url = url
        self._subsonic = {"u": name, "t": login["subsonicToken"], "s": login["subsonicSalt"]}

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """One exchange with the native interface. Raises `Refusal`."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-ND-Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return exchange(urllib.request.Request(f"{self._url}{path}", data, headers, method=method))

    def rest(self, method: str, **fields: Any) -> Json:
        """One call of Subsonic; a list is a repeated field. Raises `Refusal`."""
        known = {**self._subsonic, "v": "1.16.1", "c": "tests", "f": "json"}
        query = urllib.parse.urlencode({**known, **fields}, doseq=True)
        answer = exchange(urllib.request.Request(f"{self._url}/rest/{method}", query.encode(), method="POST"))
        said: Json = answer["subsonic-response"]
        if said["status"] != "ok":
            raise Refusal(200, said["error"])
        return said

    def songs(self) -> list[Json]:
        """Every track that the person sees: `id`, `path`, `title`, `artist`, `artistId`, `libraryId`, ..."""
        found: list[Json] = self.api("GET", "/api/song?_start=0&_end=0&_sort=path")
        return [song for song in found if not song.get("missing")]

    def play(self, song_id: str, days: float = 0.0) -> None:
        """A track was played, so many days ago."""
        moment = round(1000 * (time.time() - 86_400 * days))
        self.rest("scrobble", id=song_id, time=moment, submission="true")

    def playlists(self) -> dict[str, Json]:
        """The person's own playlists by name."""
        listed = self.rest("getPlaylists")["playlists"].get("playlist", [])
        own = [each for each in listed if each["owner"] == self.name]
        assert len({each["name"] for each in own}) == len(own), own
        return {each["name"]: each for each in own}

    def entries(self, playlist_id: str) -> list[str]:
        """Ids of a playlist's tracks."""
        return [song["id"] for song in self.rest("getPlaylist", id=playlist_id)["playlist"].get("entry", [])]


class Navidrome:
    """One server; `start` may be told another version, as an upgrade does it."""

    def __init__(self, folder: Path, music: Path, **settings: str) -> None:
        self.data = folder / "navidrome"
        self.music = music
        self.port = free_port()
        self.people: dict[str, Person] = {}
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.data / "navidrome.db"

    @property
    def admin(self) -> Person:
        return self.people["admin"]

    def start(self, version: str) -> None:
        """Returns once it answers."""
        temporary = self.data / "tmp"  # 0.63 and later keep compiled code there, and cannot share it
        temporary.mkdir(parents=True, exist_ok=True)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ND_")}
        own = {"ND_DATAFOLDER": str(self.data), "ND_MUSICFOLDER": str(self.music), "ND_PORT": str(self.port)}
        environment = {**kept, **SETTINGS, **own, "TMPDIR": str(temporary), **self._settings}
        command = [sys.executable, "-c", BOUND, str(binary(version))]
        with (self.data / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        eventually(self._answers, seconds=START_S)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Navidrome ended:\n{self.log()[-3000:]}"
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=REQUEST_S) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Returns once it is gone."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def log(self) -> str:
        """All that it wrote."""
        return (self.data / "log").read_text(errors="replace")

    def first_admin(self) -> Person:
        """The account that a new server asks for."""
        return self._login("/auth/createAdmin", "admin")

    def add_user(self, name: str, *libraries: int) -> Person:
        """Somebody who sees these libraries. Password: `<name>pw`."""
        account = {"userName": name, "name": name, "email": "", "password": f"{name}pw", "isAdmin": False}
        made = self.admin.api("POST", "/api/user", account)
        if libraries:
            self.admin.api("PUT", f"/api/user/{made['id']}/library", {"libraryIds": list(libraries)})
        return self.login(name)

    def login(self, name: str) -> Person:
        """At most five in twenty seconds: wait for the next where there were."""
        return self._login("/auth/login", name)

    def _login(self, path: str, name: str) -> Person:
        body = json.dumps({"username": name, "password": f"{name}pw"}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})

        def answered() -> Any:
            try:
                return exchange(request)
            except Refusal as refusal:
                if refusal.status != 429:
                    raise
                return None

        self.people[name] = Person(self.url, name, eventually(answered, seconds=REQUEST_S))
        return self.people[name]

    def scan(self, *, full: bool = False) -> None:
        """Scan, and return at its end."""
        self.admin.rest("startScan", fullScan=str(full).lower())
        self.scanned()

    def scanned(self) -> None:
        """Returns when no scan runs; the first begins two seconds after the start."""

        def done() -> bool:
            status = self.admin.rest("getScanStatus")["scanStatus"]
            return bool(status["count"]) and not status["scanning"]

        eventually(done, seconds=SCAN_S)


@contextmanager
def running(version: str, folder: Path, music: Path, **settings: str) -> Iterator[Navidrome]:
    """A new server with its first admin, its music scanned."""
    navidrome = Navidrome(folder, music, **settings)
    try:
        navidrome.start(version)
        navidrome.first_admin()
        navidrome.scanned()
        yield navidrome
    finally:
        navidrome.stop()


def copy_music(origin: Path, target: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(origin, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target
