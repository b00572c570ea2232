"""Limits of this process's control groups, versions 1 and 2.

A limit of a group holds for all groups below it, so the lowest one counts from the process's own group up to the
topmost group that is mounted here. In a container that is the container's own group, whatever the host calls it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path("/")
#: Version 1 writes "no limit" as the largest number of pages that fit a signed 64-bit number of bytes.
NO_LIMIT: Final = 2**62
#: File names of memory limits in bytes. Version 2 slows a group down from `memory.high` on and never lets it exceed
#: `memory.max`; both can say `max`.
MEMORY_FILES: Final = {1: ("memory.limit_in_bytes",), 2: ("memory.max", "memory.high")}


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A mounted hierarchy: its controllers (v1 only), where it is mounted, and which group lies at the mount point."""

    version: int
    controllers: frozenset[str]
    mounted_at: Path
    top: PurePosixPath


def memory_limit(root: Path = ROOT) -> int | None:
    """Return the bytes of memory that the control groups allow, or None. `root` is where /proc and /sys are."""
    limits = [
        number
        for version, folder in _groups("memory", root)
        for name in MEMORY_FILES[version]
        if (number := _number(folder / name)) is not None and number < NO_LIMIT
    ]
    return min(limits, default=None)


def processor_quota(root: Path = ROOT) -> float | None:
    """Return the processors' time that the control groups allow, such as 1.5 for one and a half, or None."""
    quotas = [
        quota
        for version, folder in _groups("cpu", root)
        if (quota := _quota_of_v1(folder) if version == 1 else _quota_of_v2(folder)) is not None
    ]
    return min(quotas, default=None)


def _quota_of_v1(folder: Path) -> float | None:
    quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota / period if quota is not None and quota > 0 and period else None


def _quota_of_v2(folder: Path) -> float | None:
    fields = _text(folder / "cpu.max").split()
    if len(fields) != 2 or not all(field.isdigit() for field in fields) or int(fields[1]) == 0:
        return None
    return int(fields[0]) / int(fields[1])


def _groups(controller: str, root: Path) -> Iterator[tuple[int, Path]]:
    """Yield version and folder of every group that limits this process in `controller`, the innermost first."""
    memberships = dict(_memberships(root))
    for hierarchy in _hierarchies(root):
        if hierarchy.version == 1 and controller not in hierarchy.controllers:
            continue
        group = memberships.get("" if hierarchy.version == 2 else controller)
        if group is None:
            continue
        folder = _folder_of(group, hierarchy)
        while True:
            yield hierarchy.version, folder
            if folder == hierarchy.mounted_at:
                break
            folder = folder.parent


def _folder_of(group: PurePosixPath, hierarchy: Hierarchy) -> Path:
    """Return where a group is mounted; the mount point itself if the group lies outside what is mounted here."""
    if ".." in group.parts or not group.is_relative_to(hierarchy.top):
        return hierarchy.mounted_at
    folder = hierarchy.mounted_at / group.relative_to(hierarchy.top)
    return folder if folder.is_dir() else hierarchy.mounted_at


def _memberships(root: Path) -> Iterator[tuple[str, PurePosixPath]]:
    """Yield controller and group of this process; the controller "" stands for version 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _number_of_hierarchy, _, rest = line.partition(":")
        controllers, colon, group = rest.partition(":")
        if colon:
            for controller in controllers.split(","):
                yield controller, PurePosixPath(group)


def _hierarchies(root: Path) -> Iterator[Hierarchy]:
    """Yield the hierarchies of proc(5)'s mountinfo."""
    for line in _text(root / "proc/self/mountinfo").splitlines():
        about, _, mounted = line.partition(" - ")
        fields, (kind, *more) = about.split(), mounted.split() or [""]
        if kind not in {"cgroup", "cgroup2"} or len(fields) < 5:
            continue
        options = frozenset(more[-1].split(",")) if more else frozenset[str]()
        place = root / _unescaped(fields[4]).lstrip("/")
        yield Hierarchy(2 if kind == "cgroup2" else 1, options, place, PurePosixPath(_unescaped(fields[3])))


def _unescaped(field: str) -> str:
    r"""Return a path of mountinfo, which writes spaces as `\040`."""
    for character in " \t\n\\":
        field = field.replace(f"\\{ord(character):03o}", character)
    return field


def _number(path: Path) -> int | None:
    """Return the number in a file, or None if it has none, such as `max`."""
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _text(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:
        return ""
