"""Every pinned package of the base installation has a wheel for the image's platforms; the index is asked."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.places import REPOSITORY

#: How pip says that no index answers.
UNREACHABLE = ("NewConnectionError", "name resolution", "ConnectTimeoutError", "ReadTimeoutError", "ProxyError")
#: Those of Debian 12, whose glibc is 2.36; pip wants each older tag by name.
TAGS = (*(f"manylinux_2_{minor}" for minor in (35, 34, 31, 28, 27, 26, 24, 17)), "manylinux2014")
PYTHON = "3.11"


def resolve(requirements: str, architecture: str, folder: Path) -> subprocess.CompletedProcess[str]:
    wanted = folder / "requirements.txt"
    wanted.write_text(requirements)
    platforms = [word for tag in TAGS for word in ("--platform", f"{tag}_{architecture}")]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--only-binary=:all:"]
    command += ["--target", str(folder / "target"), "--python-version", PYTHON, "--implementation", "cp", *platforms]
    command += ["--no-deps", "-r", str(wanted)]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def base() -> str:
    """Every package of the base installation with its version: what the bill of materials has."""
    bill = runpy.run_path(str(REPOSITORY / "deploy" / "sbom.py"))["bill"]("0")
    return "".join(f"{each['name']}=={each['version']}\n" for each in bill["components"])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("architecture", ["x86_64", "aarch64"])
def test_every_package_has_a_wheel(architecture: str, tmp_path: Path) -> None:
    done = resolve(base(), architecture, tmp_path)
    if done.returncode and any(word in done.stdout + done.stderr for word in UNREACHABLE):
        pytest.skip("pip reaches no index")
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Would install")]
    assert {"numpy", "faiss-cpu", "pyarrow", "av", "pyzmq"} <= {name.rpartition("-")[0] for name in line.split()[2:]}


@pytest.mark.timeout(900)
def test_a_package_without_a_wheel_is_noticed(tmp_path: Path) -> None:
    """Nothing is built for a processor that does not exist."""
    done = resolve("numpy\n", "s390xx", tmp_path)
    if any(word in done.stdout + done.stderr for word in UNREACHABLE):
        pytest.skip("pip reaches no index")
    assert done.returncode != 0
