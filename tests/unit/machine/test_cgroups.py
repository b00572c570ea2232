"""Limits of control groups, read from trees of files as Docker, Podman, systemd and Kubernetes lay them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.cgroups import memory_limit, processor_quota

V2_MOUNT = "29 23 0:26 {top} /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MOUNT = "35 28 0:32 {top} /sys/fs/cgroup/{name} rw,relatime shared:9 - cgroup cgroup rw,{name}\n"
OTHER_MOUNTS = "23 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n24 23 0:22 / /proc rw - proc proc rw\n"


def tree(root: Path, membership: str, mounts: str, **files: str) -> Path:
    """A /proc and /sys below `root`; the names of `files` have `__` for `/`, `___` for `.`."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    (root / "proc/self/mountinfo").write_text(OTHER_MOUNTS + mounts)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("___", ".").replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


def test_a_machine_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert memory_limit(tmp_path) is None
    assert processor_quota(tmp_path) is None


def test_a_container_with_its_own_namespace(tmp_path: Path) -> None:
    """Docker and Podman on version 2: the container's group is the root that it sees."""
    root = tree(
        tmp_path,
        "0::/\n",
        V2_MOUNT.format(top="/"),
        memory___max="1073741824",
        memory___high="max",
        cpu___max="150000 100000",
    )
    assert memory_limit(root) == 2**30
    assert processor_quota(root) == 1.5


def test_no_limit_is_none(tmp_path: Path) -> None:
    root = tree(tmp_path, "0::/\n", V2_MOUNT.format(top="/"), memory___max="max", cpu___max="max 100000")
    assert memory_limit(root) is None
    assert processor_quota(root) is None


def test_the_lowest_limit_above_the_process_counts(tmp_path: Path) -> None:
    """A service of systemd inside a slice that has less."""
    root = tree(
        tmp_path,
        "0::/system.slice/sonicmesh.service\n",
        V2_MOUNT.format(top="/"),
        system___slice__memory___max="800000000",
        system___slice__cpu___max="max 100000",
        system___slice__sonicmesh___service__memory___max="2000000000",
        system___slice__sonicmesh___service__cpu___max="50000 100000",
        other___slice__memory___max="1000",
    )
    assert memory_limit(root) == 800_000_000
    assert processor_quota(root) == 0.5


def test_memory_high_counts_as_a_limit(tmp_path: Path) -> None:
    """What MemoryHigh= of a unit sets: beyond it, the kernel slows the processes down."""
    root = tree(
        tmp_path,
        "0::/system.slice/sonicmesh.service\n",
        V2_MOUNT.format(top="/"),
        system___slice__sonicmesh___service__memory___max="max",
        system___slice__sonicmesh___service__memory___high="700000000",
    )
    assert memory_limit(root) == 700_000_000


def test_version_1_in_a_container_that_sees_the_hosts_names(tmp_path: Path) -> None:
    """Docker on version 1: /proc names the group as the host does, and only that group is mounted."""
    group = "/docker/4f2a"
    membership = f"9:memory:{group}\n5:cpu,cpuacct:{group}\n1:name=systemd:{group}\n"
    mounts = V1_MOUNT.format(top=group, name="memory") + V1_MOUNT.format(top=group, name="cpu,cpuacct")
    root = tree(
        tmp_path,
        membership,
        mounts,
        memory__memory___limit_in_bytes="1000000000",
        **{"cpu,cpuacct__cpu___cfs_quota_us": "200000", "cpu,cpuacct__cpu___cfs_period_us": "100000"},
    )
    assert memory_limit(root) == 10**9
    assert processor_quota(root) == 2.0


def test_version_1_without_limits(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        "4:memory:/\n3:cpu:/\n",
        V1_MOUNT.format(top="/", name="memory") + V1_MOUNT.format(top="/", name="cpu"),
        memory__memory___limit_in_bytes="9223372036854771712",
        cpu__cpu___cfs_quota_us="-1",
        cpu__cpu___cfs_period_us="100000",
    )
    assert memory_limit(root) is None
    assert processor_quota(root) is None


def test_a_group_outside_of_what_is_mounted_means_the_mount_point(tmp_path: Path) -> None:
    """A process that entered the container (docker exec on some versions), or /proc of another namespace."""
    root = tree(tmp_path, "0::/../other\n", V2_MOUNT.format(top="/"), memory___max="512000000")
    assert memory_limit(root) == 512_000_000


def test_both_versions_at_once(tmp_path: Path) -> None:
    """A hybrid host: the controllers are version 1, and version 2 is mounted for systemd alone."""
    membership = "4:memory:/box\n0::/box\n"
    mounts = V1_MOUNT.format(top="/", name="memory") + V2_MOUNT.format(top="/").replace(
        "cgroup rw,nosuid", "cgroup/unified rw,nosuid"
    )
    root = tree(
        tmp_path, membership, mounts, memory__box__memory___limit_in_bytes="300000000", unified__box__cgroup___procs=""
    )
    assert memory_limit(root) == 300_000_000


def test_a_folder_name_with_a_space(tmp_path: Path) -> None:
    root = tree(tmp_path, "0::/my box\n", V2_MOUNT.format(top="/my\\040box"), memory___max="400000000")
    assert memory_limit(root) == 400_000_000


@pytest.mark.parametrize("text", ["", "nonsense", "1 2 3", "100000 0"])
def test_a_file_that_makes_no_sense_is_no_limit(tmp_path: Path, text: str) -> None:
    root = tree(tmp_path, "0::/\n", V2_MOUNT.format(top="/"), memory___max=text, cpu___max=text)
    assert memory_limit(root) is None
    assert processor_quota(root) is None
