"""Real reverse proxies before a gateway: nginx and Caddy, as Debian packages them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pytest

from bench.ports import free_port
from tests.harness.waiting import eventually

#: How a proxy serves a prefix: it takes it off and says so in a header, or leaves it to the gateway's setting.
Way = Literal["header", "setting"]
PREFIX: Final = "/mesh"

_NGINX: Final = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /mesh/ {{
      proxy_pass http://127.0.0.1:{gateway}{rest};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      {header}
    }}
    location = /mesh {{ return 308 /mesh/; }}
  }}
}}
"""
_CADDY: Final = """\
{{
  admin off
  auto_https off
}}
http://127.0.0.1:{port} {{
  redir /mesh /mesh/ 308
  {handle} /mesh/* {{
    reverse_proxy 127.0.0.1:{gateway} {{
      {header}
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A proxy that answers on a port of this machine."""

    name: str
    port: int


@contextmanager
def proxy(name: str, way: Way, gateway: int, folder: Path) -> Iterator[Proxy]:
    """A proxy that serves the gateway below `/mesh`; skips the test where it is not installed."""
    program = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if program is None:
        pytest.skip(f"{name} is not installed (apt install {name})")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    make = _nginx if name == "nginx" else _caddy
    command = make(program, way, gateway, port, folder)
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        eventually(lambda: _listens(process, port, folder), f"{name} answers")
        yield Proxy(name, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _nginx(program: str, way: Way, gateway: int, port: int, folder: Path) -> list[str]:
    header = f"proxy_set_header X-Forwarded-Prefix {PREFIX};" if way == "header" else ""
    rest = "/" if way == "header" else ""
    conf = folder / "nginx.conf"
    conf.write_text(_NGINX.format(folder=folder, port=port, gateway=gateway, header=header, rest=rest))
    return [program, "-c", str(conf), "-e", str(folder / "error.log")]


def _caddy(program: str, way: Way, gateway: int, port: int, folder: Path) -> list[str]:
    header = f"header_up X-Forwarded-Prefix {PREFIX}" if way == "header" else ""
    handle = "handle_path" if way == "header" else "handle"
    conf = folder / "Caddyfile"
    conf.write_text(_CADDY.format(port=port, gateway=gateway, header=header, handle=handle))
    return [program, "run", "--config", str(conf), "--adapter", "caddyfile"]


def _listens(process: subprocess.Popen[bytes], port: int, folder: Path) -> bool:
    assert process.poll() is None, (folder / "log").read_text()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        time.sleep(0.05)
        return False
