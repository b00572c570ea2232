"""A release: the same bytes twice, the version of one place, and checksums that fit."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.harness.places import REPOSITORY

VERSION = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
#: How pip says that no index answers.
UNREACHABLE = ("NewConnectionError", "name resolution", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError")

pytestmark = pytest.mark.timeout(900)


def release(dist: Path) -> dict[str, bytes]:
    """Contents of the files, by name."""
    done = subprocess.run(
        ["bash", str(REPOSITORY / "deploy/release.sh"), "--without-image"],
        env=os.environ | {"DIST": str(dist), "RELEASE_UNTAGGED": "1", "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and any(word in done.stdout + done.stderr for word in UNREACHABLE):
        pytest.skip("pip reaches no index")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return {path.name: path.read_bytes() for path in dist.iterdir()}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    release(folder)
    return folder


def test_twice_gives_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in dist.iterdir()}
    second = release(tmp_path / "again")
    assert set(first) == set(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_every_file_bears_the_version_of_pyproject(dist: Path) -> None:
    names = {path.name for path in dist.iterdir()}
    wheel, sources = f"sonic_mesh-{VERSION}-py3-none-any.whl", f"sonic_mesh-{VERSION}.tar.gz"
    assert names == {wheel, sources, "sonicmesh.ndp", f"sonicmesh-{VERSION}.cdx.json", "SHA256SUMS"}
    with zipfile.ZipFile(dist / wheel) as archive:
        assert {"cli/supervisord.conf", "plugin/sonicmesh.ndp"} <= set(archive.namelist())
        assert archive.read("plugin/sonicmesh.ndp") == (dist / "sonicmesh.ndp").read_bytes()
    with tarfile.open(dist / sources) as archive:
        assert f"sonic_mesh-{VERSION}/pyproject.toml" in archive.getnames()


def test_the_checksums_fit(dist: Path) -> None:
    lines = [line.split("  ") for line in (dist / "SHA256SUMS").read_text().splitlines()]
    assert {name: digest for digest, name in lines} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in dist.iterdir() if path.name != "SHA256SUMS"
    }


def test_the_bill_of_materials_has_every_package_once(dist: Path) -> None:
    bill = json.loads((dist / f"sonicmesh-{VERSION}.cdx.json").read_text())
    names = [each["name"] for each in bill["components"]]
    assert sorted(set(names)) == names
    assert {"numpy", "pyzmq", "faiss-cpu", "musicnn", "propcache"} <= set(names)
    assert not {"torch", "pytest", "hypothesis"} & set(names)
    assert {each["ref"] for each in bill["dependencies"]} == {
        bill["metadata"]["component"]["bom-ref"],
        *(each["bom-ref"] for each in bill["components"]),
    }


def test_a_commit_without_its_tag_is_no_release(tmp_path: Path) -> None:
    tagged = subprocess.run(
        ["git", "tag", "--points-at", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    if f"v{VERSION}" in tagged.stdout.split():
        pytest.skip("this commit is the release")
    done = subprocess.run(
        ["bash", str(REPOSITORY / "deploy/release.sh"), "--without-image"],
        env=os.environ | {"DIST": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "tag" in done.stderr or "HEAD is not" in done.stderr
    assert list(tmp_path.iterdir()) == []
