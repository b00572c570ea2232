"""The examples for reverse proxies, with the real nginx and the real Caddy before a real gateway."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.ports import free_port
from demo.building import build_small
from demo.library import DemoLibrary
from tests.harness.places import REPOSITORY
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

PROXIES = REPOSITORY / "deploy" / "proxy"
HOST = "mesh.example.org"

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> DemoLibrary:
    return build_small(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def mesh(library: DemoLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupervisedMesh]:
    """A mesh without a token that knows the proxy's name."""
    mesh = SupervisedMesh(
        tmp_path_factory.mktemp("mesh"),
        NAVIDROME_DB_PATH=library.database,
        SONICMESH_ALLOWED_HOSTS=HOST,
        SONICMESH_PROXY_TRUSTED="127.0.0.1",
    )
    mesh.json("run")
    try:
        yield mesh
    finally:
        mesh.close()


@contextmanager
def nginx(folder: Path, upstream: int, port: int) -> Iterator[int]:
    if shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        pytest.skip("nginx is not installed")
    example = (PROXIES / "nginx.conf").read_text()
    example = example.replace("127.0.0.1:9002", f"127.0.0.1:{upstream}").replace(
        "listen 80;", f"listen 127.0.0.1:{port};"
    )
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off;\n{paths}{example}\n}}\n"
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    with running([program, "-p", str(folder), "-c", str(whole)], port):
        yield port


@contextmanager
def caddy(folder: Path, upstream: int, port: int) -> Iterator[int]:
    if shutil.which("caddy") is None:
        pytest.skip("Caddy is not installed")
    example = (PROXIES / "Caddyfile").read_text()
    example = example.replace("127.0.0.1:9002", f"127.0.0.1:{upstream}").replace(
        f"{HOST} {{", f"http://{HOST}:{port} {{"
    )
    whole = folder / "Caddyfile"
    whole.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + example)
    environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with running(["caddy", "run", "--config", str(whole), "--adapter", "caddyfile"], port, **environment):
        yield port


@contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    try:

        def listens() -> bool:
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
            except OSError:
                return False
            return True

        eventually(listens)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def proxied(request: pytest.FixtureRequest, mesh: SupervisedMesh, tmp_path: Path) -> Iterator[int]:
    start: Callable[[Path, int, int], AbstractContextManager[int]] = request.param
    with start(tmp_path, mesh.port, free_port()) as port:
        yield port


def ask(port: int, path: str, body: bytes | None = None, host: str = HOST) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Host": host} | ({"Content-Type": "application/json"} if body else {})
    connection.request("POST" if body else "GET", path, body, headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_page_and_a_playlist(proxied: int, library: DemoLibrary) -> None:
    assert ask(proxied, "/")[0] == 200
    seeds = [{"track_id": library.tracks[0].id}]
    body = json.dumps({"user_id": "me", "user_name": "me", "seeds": seeds}).encode()
    status, found = ask(proxied, "/playlist/custom", body)
    assert status == 200, found
    assert json.loads(found)["tracks"]


def test_events_are_not_held_back(proxied: int) -> None:
    """The first ones come while the stream is open."""
    connection = http.client.HTTPConnection("127.0.0.1", proxied, timeout=60)
    connection.request("GET", "/events", headers={"Host": HOST})
    answer = connection.getresponse()
    began = time.monotonic()
    line = answer.readline()
    assert answer.status == 200 and line
    assert time.monotonic() - began < 30
    connection.close()


def test_a_body_that_is_too_large_is_refused(proxied: int) -> None:
    try:
        status, _ = ask(proxied, "/playlist/custom", b"x" * (17 * 2**20))
    except (BrokenPipeError, ConnectionResetError):
        return  # refused before it was sent
    assert status == 413


def test_traefiks_example_is_yaml_and_said_to_be_untried() -> None:
    import yaml

    text = (PROXIES / "traefik.yaml").read_text()
    found = yaml.safe_load(text)
    assert found["http"]["services"]["sonicmesh"]["loadBalancer"]["servers"] == [{"url": "http://127.0.0.1:9002"}]
    assert "Not tried" in text
