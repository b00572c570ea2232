"""Builds wheel and sdist of a source tree, the same bytes on every machine: `distributions.py SOURCES DIST`."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

#: Builds with setuptools itself, in an environment that pip isolates.
BACKEND: Final = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
SETUPTOOLS: Final = "setuptools==80.9.0"


def build(sources: Path, dist: Path, epoch: int) -> list[Path]:
    """Return the wheel and the sdist. `epoch` is the time, in unix seconds, of everything in them."""
    for path in sources.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (epoch, epoch))
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        _run([sys.executable, "-m", "pip", "install", "-qq", "--target", str(tools), SETUPTOOLS], sources)
        environment = os.environ | {"PYTHONPATH": str(tools)}
        made = Path(folder) / "made"
        made.mkdir()
        wheel = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation"]
        _run([*wheel, "--wheel-dir", str(made), "."], sources, environment)
        _run([sys.executable, "-c", BACKEND, str(made)], sources, environment)
        [packed] = made.glob("*.tar.gz")
        _settle(packed, dist / packed.name, epoch)
        [found] = made.glob("*.whl")
        target = dist / found.name
        target.write_bytes(found.read_bytes())
    return [target, dist / packed.name]


def _settle(packed: Path, target: Path, epoch: int) -> None:
    """Rewrite the archive: members by name, without users, and with one time."""
    with (
        tarfile.open(packed) as source,
        target.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=epoch) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in sorted(source.getmembers(), key=lambda each: each.name):
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = epoch
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            archive.addfile(member, source.extractfile(member) if member.isfile() else None)


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def main() -> None:
    """Build them and print their names."""
    sources, dist = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    for path in build(sources, dist, int(os.environ["SOURCE_DATE_EPOCH"])):
        sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    main()
