"""Where Navidrome's database and music usually are: well-known folders, the home folder, everything mounted."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

#: Folders of packages, images and habit, most likely first.
USUAL: Final = (
    "/navidrome",
    "/data",
    "/var/lib/navidrome",
    "/var/snap/navidrome/common",
    "/opt/navidrome",
    "/srv",
    "/music",
    "/mnt",
    "/media",
    "/var/lib/docker/volumes",
)
#: Folders in the home folder where people keep Navidrome's data or music.
AT_HOME: Final = ("navidrome", ".navidrome", ".local/share/navidrome", "docker", "Music", "Musik", "music")
#: File systems that hold no files of people, and mount points that belong to the system.
PSEUDO: Final = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs"),
        *("fusectl", "hugetlbfs", "mqueue", "nsfs", "overlay", "proc", "pstore", "ramfs", "securityfs", "squashfs"),
        *("sysfs", "tracefs"),
    )
)
SYSTEM: Final = (
    *("/proc", "/sys", "/dev", "/run", "/boot", "/etc", "/usr", "/snap", "/tmp"),
    *("/var/lib/docker", "/var/lib/containers"),
)
MOUNTS: Final = Path("/proc/self/mountinfo")
#: mountinfo writes spaces and backslashes as octal numbers.
ESCAPE: Final = re.compile(r"\\([0-7]{3})")
#: A folder of this name that was mounted by itself is meant for the mesh to put the plugin into.
PLUGINS: Final = "plugins"


def mounted(table: Path = MOUNTS) -> list[str]:
    """Return the mount points that may hold music or a database, in the order in which they were mounted."""
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    found: dict[str, None] = {}
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.partition(" ")[0]
        if len(fields) < 5 or kind in PSEUDO:
            continue
        point = ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[4])
        if point != "/" and not point.startswith(tuple(f"{folder}/" for folder in SYSTEM)) and point not in SYSTEM:
            found[point] = None
    return list(found)


def to_search(own: Path, points: list[str] | None = None) -> list[str]:
    """Return the folders to search, each once, none below another; `own` (the mesh's data) and missing ones left out.

    Nothing here touches a mounted folder: a share that is away would hold us up.
    """
    home = Path.home()
    points = mounted() if points is None else points
    wanted = [*USUAL, *(str(home / name) for name in AT_HOME), *points]
    kept: list[str] = []
    for folder in dict.fromkeys(os.path.normpath(each) for each in wanted):
        if folder in {str(own), str(home), "/"}:
            continue
        if folder in points or _is_folder(folder):
            kept.append(folder)
    return [each for each in kept if not any(each.startswith(f"{above}/") for above in kept if above not in points)]


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def plugin_folder(points: list[str] | None = None) -> str:
    """Return the folder `plugins` that was mounted for the mesh to write into; "" if there is none."""
    for point in mounted() if points is None else points:
        if Path(point).name == PLUGINS and _is_folder(point) and os.access(point, os.W_OK | os.X_OK):
            return point
    return ""
