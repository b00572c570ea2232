"""The console below a path, behind a real nginx and a real Caddy."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bench.ports import free_port
from tests.endtoend.console.browser import PAGES, Visitor, visiting
from tests.endtoend.console.world import World, answers, gateway_beside
from tests.harness.waiting import eventually

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location /mesh/ {{
      proxy_pass http://127.0.0.1:{gateway}/mesh/;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
  }}
}}
"""
CADDY = """
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  handle /mesh/* {{
    reverse_proxy 127.0.0.1:{gateway}
  }}
}}
"""
#: Milliseconds within which an event comes through a proxy that does not hold it back for a whole buffer.
HELD_BACK = 15_000
COMMANDS = {
    "nginx": (NGINX, ["nginx", "-p", "{folder}", "-c", "{file}"]),
    "caddy": (CADDY, ["caddy", "run", "--adapter", "caddyfile", "--config", "{file}"]),
}


@contextmanager
def proxied(program: str, gateway: str, folder: Path) -> Iterator[str]:
    """The proxy in front of a gateway; its address of the console."""
    if shutil.which(program) is None:
        pytest.skip(f"no {program}: apt-get install {program}")
    port = free_port()
    text, command = COMMANDS[program]
    file = folder / "configuration"
    file.write_text(text.format(folder=folder, port=port, gateway=gateway.split(":")[2].split("/", maxsplit=1)[0]))
    arguments = [part.format(folder=folder, file=file) for part in command]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/mesh/"
        eventually(lambda: answers(address), seconds=30)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("program", ["nginx", "caddy"])
def test_every_page_works_below_a_path(browser: Browser, world: World, program: str, tmp_path: Path) -> None:
    settings = {"SONICMESH_BASE_PATH": "/mesh"}
    with (
        gateway_beside(world, base="mesh/", **settings) as gateway,
        proxied(program, gateway, tmp_path) as url,
        visiting(browser, world, url) as visitor,
    ):
        visitor.enter("admin")
        visitor.wait_for_list()
        for place in PAGES:
            visitor.open(place)
            expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        hears_at_once(visitor, world)


def hears_at_once(visitor: Visitor, world: World) -> None:
    """Events come through the proxy as they happen."""
    visitor.open("system")
    expect(visitor.page.locator(".live[data-state=live]")).to_be_attached()
    world.kill_worker()
    visitor.page.locator(".toast", has_text="spectral_01 is gone").first.wait_for(timeout=HELD_BACK)
