"""The machine: disk, memory, file system, ports."""

from __future__ import annotations

import json
import os
import shutil
import socket
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Final

from cli.doctor.finding import Finding, Findings, note, ok, wrong
from gateway.settings import GatewaySettings, is_loopback_host
from machine import memory_bytes, processors
from workers.search.settings import SearchSettings

#: Free bytes on the disk below which embedding soon stops, and below which to warn.
LEAST_DISK: Final = 512 * 2**20
GOOD_DISK: Final = 5 * 2**30
#: Bytes of memory that workers want per core, and that the mesh needs in total.
GOOD_MEMORY_PER_CORE: Final = 2**30
LEAST_MEMORY: Final = 500 * 2**20
#: Network file systems, on which locks and memory-mapped databases are unreliable.
NETWORK: Final = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "fuse.rclone"}
MOUNTS: Final = Path("/proc/self/mounts")
#: Seconds that a connection to our own port may take.
CONNECT_SECONDS: Final = 2.0
#: Seconds that the gateway may take to report its health.
ANSWER_SECONDS: Final = 5.0


def check_machine(settings: SearchSettings) -> Findings:
    """Check disk and memory."""
    yield from _disk(settings.data)
    yield _memory(memory_bytes(), processors())
    yield _file_system(settings)


def existing(path: Path) -> Path:
    """Return the nearest folder at or above `path` that exists."""
    return next(folder for folder in (path, *path.parents) if os.path.exists(folder))  # noqa: PTH110  Path.exists raises if a folder is locked


def _disk(data: Path) -> Findings:
    folder = existing(data)
    if not os.access(folder, os.W_OK):
        yield wrong("disk", f"this user cannot write to {folder}", "change its owner, or set SONICMESH_DATA")
        return
    free = shutil.disk_usage(folder).free
    text = f"{free / 2**30:.1f} GiB free for {data}"
    if free < LEAST_DISK:
        yield wrong("disk", text, "free some space, or move the data folder (SONICMESH_DATA)")
    elif free < GOOD_DISK:
        yield note("disk", text, "1,000 tracks take 10 to 50 MB per model; models with weights take gigabytes more")
    else:
        yield ok("disk", text)


def _memory(total: int, cores: int) -> Finding:
    text = f"{total / 2**30:.1f} GiB for {cores} cores"
    if total < LEAST_MEMORY:
        return wrong("memory", text, "the mesh needs 500 MB, with one worker: `sonicmesh scale fusion=1`")
    if total < GOOD_MEMORY_PER_CORE * cores:
        return note("memory", text, "run fewer workers: `sonicmesh scale spectral=1`")
    return ok("memory", text)


def file_system(path: Path, mounts: str) -> str:
    """Return the kind of the file system that holds `path`, given the lines of /proc/mounts; the longest match wins."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].encode().decode("unicode_escape")
        below = path == Path(point) or Path(point) in path.parents
        if below and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def _file_system(settings: SearchSettings) -> Finding:
    embedded = "://" not in settings.uri
    places = {settings.data, settings.store_path} if embedded else {settings.data}
    places.add(settings.run_dir)
    try:
        mounts = MOUNTS.read_text()
    except OSError:
        return ok("file system", "unknown here")
    for place in sorted(places):
        kind = file_system(existing(place).resolve(), mounts)
        if kind in NETWORK:
            if place == settings.run_dir:
                text = f"{place} is on {kind}, a network file system: sockets and locks do not work there"
                return wrong("file system", text, "set SONICMESH_RUN to a folder on a local disk")
            return wrong(
                "file system",
                f"{place} is on {kind}, a network file system: databases there get damaged",
                "set SONICMESH_DATA to a local disk, or keep the vectors on a Milvus server (NAVIDROME_MILVUS_URI)",
            )
    return ok("file system", f"{settings.data} and {settings.run_dir} are on local disks")


def check_ports(gateway: GatewaySettings, *, running: bool) -> Findings:
    """Check that the gateway listens if the mesh runs, else that its ports are free."""
    host = "127.0.0.1" if gateway.host in {"0.0.0.0", "::", "localhost"} else gateway.host.strip("[]")
    ports = {
        "NAVIDROME_RECOMMENDER_PORT": (gateway.port, "/healthz"),
        "TEXT_EMBEDDING_PORT": (gateway.text_port, "/health"),
    }
    for variable, (port, health) in ports.items():
        taken = listens(host, port)
        subject = f"port {port}"
        if running and not taken:
            yield wrong(subject, "the gateway is not listening", f"{gateway.logs}/gateway.log says why")
        elif taken and not (running and _is_gateway(host, port, health)):
            yield wrong(subject, "something else listens there", f"stop it, or set {variable} to a free port")
        else:
            yield ok(subject, "the gateway listens" if running else "free")


def listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _is_gateway(host: str, port: int, health: str) -> bool:
    """Return whether the process that listens answers like a gateway."""
    name = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{name}:{port}{health}", timeout=ANSWER_SECONDS) as response:
            answer = json.load(response)
    except (OSError, ValueError, HTTPException):
        return False
    return isinstance(answer, dict) and "status" in answer


def check_token(gateway: GatewaySettings) -> Finding:
    """Report whether a token is set.

    The settings refuse an open address without a token; a local one without is fine.
    """
    if gateway.token is not None:
        return ok("token", f"required of every caller on {gateway.host}")
    if is_loopback_host(gateway.host):
        return ok("token", f"not needed: only this machine can reach {gateway.host}")
    return wrong("token", f"{gateway.host} can be reached by others", "set SONICMESH_TOKEN")
