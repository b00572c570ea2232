"""`/openapi.json` tells what is answered: schemathesis asks every endpoint of a real mesh, rightly and wrongly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.people_mesh import PeopleMesh

#: 503 and 504 are told of where a part of the mesh is away, as models are here. At four endpoints a right question may
#: be refused for what no schema says: /tracks takes words or ids, a vector is as long as one of the models', a path
#: ends elsewhere than it begins, and the mode *text* needs a text.
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503, 504]

[[operations]]
include-path = ["/tracks", "/playlist/{mode}", "/api/path", "/api/recommendations/{mode}"]

[operations.checks.positive_data_acceptance]
enabled = false
"""
#: Examples of each endpoint beside those at the edges of its schema: enough to find what is not told of, within half a
#: minute. They are the same each time.
EXAMPLES = 8
#: Event streams never end.
ENDLESS = "/events"


@pytest.fixture
def alone(everybody: Path) -> Iterator[PeopleMesh]:
    """A mesh of its own: jobs are started here, and settings changed."""
    house = PeopleMesh(everybody)
    house.fill_all()
    yield house
    house.close()


def test_everything_is_answered_as_it_is_described(alone: PeopleMesh, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    url = f"http://127.0.0.1:{alone.home.port}/openapi.json"
    login = [f"--header={key}: {value}" for key, value in alone.as_user("admin").items()]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", url, *login]
    command += [f"--max-examples={EXAMPLES}", "--generation-deterministic", "--phases=examples,coverage,fuzzing"]
    command += [f"--exclude-path={ENDLESS}", "--request-timeout=60", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
    assert "Selected: 44/45" in done.stdout, done.stdout[-8000:]
