"""Where the first run looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.setup.places import mounted, plugin_folder, to_search

#: A container with three folders mounted, one of them over the network and one with a space in its name.
TABLE = """\
22 1 0:20 / / rw,relatime - overlay overlay rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:22 / /dev rw - tmpfs tmpfs rw
25 24 0:23 / /dev/shm rw - tmpfs shm rw
26 22 8:1 /srv/navidrome /navidrome ro,relatime - ext4 /dev/sda1 rw
27 22 0:50 / /my\\040music ro - nfs4 nas:/music rw
28 26 8:1 /srv/navidrome/plugins /navidrome/plugins rw - ext4 /dev/sda1 rw
29 22 8:1 /etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw
30 22 0:60 / /sys/fs/cgroup ro - cgroup2 cgroup rw
broken
"""


def test_mounted_folders_are_found(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert mounted(table) == ["/navidrome", "/my music", "/navidrome/plugins"]
    assert mounted(tmp_path / "absent") == []


def test_the_own_data_and_what_is_not_there_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Music").mkdir()
    (tmp_path / "navidrome").mkdir()
    found = to_search(tmp_path / "navidrome", points=["/share/that/hangs"])
    assert str(tmp_path / "Music") in found
    assert "/share/that/hangs" in found, "a mounted folder is not touched here: it may hang"
    assert str(tmp_path / "navidrome") not in found
    assert str(tmp_path / "music") not in found


def test_nothing_is_searched_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    below = tmp_path / ".local/share/navidrome"
    below.mkdir(parents=True)
    (tmp_path / "Music").mkdir()
    found = to_search(tmp_path / "data", points=[str(tmp_path / "Music")])
    assert found.count(str(tmp_path / "Music")) == 1
    assert len(found) == len(set(found))


def test_only_a_mounted_writable_folder_is_meant_for_the_plugin(tmp_path: Path) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    assert plugin_folder([]) == ""
    assert plugin_folder([str(tmp_path)]) == ""
    assert plugin_folder([str(tmp_path / "absent" / "plugins")]) == ""
    assert plugin_folder([str(tmp_path), str(folder)]) == str(folder)
