"""A container without a container engine: an image that buildah holds, run with chroot in namespaces of its own.

What the image promises is kept as an engine would: its user, its environment, its entry point as process 1, a root
that nothing can write, and one volume. Only the network is the host's. Needs root.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

#: Sets up the namespaces: mounts below $ROOT, then the image's command as process 1.
ENTER = """
set -eu
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount --rbind /sys "$ROOT/sys"
mount --make-rslave "$ROOT/sys"
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  source=$1 target=$2 mode=$3; shift 3
  mount --bind "$source" "$ROOT$target"
  [ "$mode" = rw ] || mount -o remount,bind,ro "$ROOT$target"
done
shift
mount -o remount,bind,ro "$ROOT"
exec chroot --userspec="$RUN_AS" "$ROOT" /usr/bin/env -i "$@"
"""


def buildah(*arguments: str) -> str:
    environment = os.environ | {"BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
    done = subprocess.run(["buildah", *arguments], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, f"buildah {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(slots=True)
class Image:
    """An image, mounted: its configuration and its files."""

    name: str
    container: str = ""
    root: Path = Path()
    config: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Image:
        if not buildah("images", "--format", "{{.ID}}", "--filter", f"reference={self.name}"):
            pytest.skip(f"there is no image {self.name}: `make test-image` builds it")
        self.config = json.loads(buildah("inspect", "--type", "image", self.name))["Docker"]["config"]
        self.container = buildah("from", "--pull-never", self.name)
        self.root = Path(buildah("mount", self.container))
        return self

    def __exit__(self, *_: object) -> None:
        buildah("rm", self.container)

    def command(
        self,
        arguments: Sequence[str],
        mounts: Sequence[tuple[Path, str, str]],
        environment: Mapping[str, str] | None = None,
    ) -> tuple[list[str], dict[str, str]]:
        """The command line, and its environment, that run `arguments` as process 1. `mounts`: source, target, mode.

        Targets of mounts are made in the image's copy first, as engines do.
        """
        for source, target, _mode in mounts:
            place = self.root / target.lstrip("/")
            if source.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
        variables = dict(line.split("=", 1) for line in self.config["Env"]) | dict(environment or {})
        bound = [str(part) for mount in mounts for part in mount]
        inside = [*(f"{name}={value}" for name, value in variables.items()), "sh", "-c", 'cd "$0" && exec "$@"']
        inside += [self.config["WorkingDir"], *arguments]
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        line = [*namespaces, "sh", "-c", ENTER, "sh", *bound, "--", *inside]
        return line, os.environ | {"ROOT": str(self.root), "RUN_AS": self.config["User"]}


class Container:
    """The image's own entry point and command, running; `close` stops it as an engine does."""

    def __init__(
        self,
        image: Image,
        mounts: Sequence[tuple[Path, str, str]],
        environment: Mapping[str, str],
        log: Path,
        command: Sequence[str] | None = None,
        wrap: Callable[[list[str]], list[str]] = list,
    ) -> None:
        """`command`: instead of the image's own entry point and command. `wrap` puts the container somewhere."""
        entry = command or [*image.config["Entrypoint"], *image.config["Cmd"]]
        line, variables = image.command(entry, mounts, environment)
        line = wrap(line)
        self._mounts, self._environment, self._image = mounts, environment, image
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(line, env=variables, stdout=output, stderr=subprocess.STDOUT)

    def first_process(self) -> int:
        """Host's id of the process that is process 1 inside."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        [child] = children.read_text().split()
        return int(child)

    def inside(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as `docker exec` does."""
        variables = dict(line.split("=", 1) for line in self._image.config["Env"]) | dict(self._environment)
        user, _, group = self._image.config["User"].partition(":")
        enter = ["nsenter", f"--target={self.first_process()}", "--mount", "--pid", "--root", "--wd"]
        settings = [f"{name}={value}" for name, value in variables.items()]
        return subprocess.run(
            [*enter, f"--setuid={user}", f"--setgid={group}", "/usr/bin/env", "-i", *settings, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self, seconds: float) -> float:
        """Send SIGTERM to process 1; return the seconds until everything was gone."""
        began = time.monotonic()
        os.kill(self.first_process(), signal.SIGTERM)
        self.process.wait(seconds)
        return time.monotonic() - began

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
