"""`/openapi.json` matches the answers: schemathesis sends valid and invalid requests to a real mesh."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.people_mesh import PeopleMesh

#: 503 and 504 occur if a part of the mesh is down, as models are here. At six endpoints a valid request may
#: be refused for reasons that no schema expresses: /tracks takes words or ids, a vector must fit a model, a path
#: must end elsewhere than it begins, the mode *text* needs a text, words to keep away from have a field of their own,
#: and a sign-in brings an account or a token.
SETTINGS = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 503, 504]

[[operations]]
include-path = ["/tracks", "/playlist/{mode}", "/api/path", "/api/recommendations/{mode}",
  "/api/recommendations/explore/list", "/api/recommendations/session"]

[operations.checks.positive_data_acceptance]
enabled = false
"""
#: Examples per endpoint besides those at the edges of its schema: enough to find undocumented answers within half a
#: minute. They are the same each time.
EXAMPLES = 8
#: Event streams never end.
ENDLESS = "/events"


@pytest.fixture
def alone(everybody: Path) -> Iterator[PeopleMesh]:
    """A mesh of its own: jobs are started here, and settings changed."""
    mesh = PeopleMesh(everybody)
    mesh.fill_all()
    yield mesh
    mesh.close()


def test_everything_is_answered_as_it_is_described(alone: PeopleMesh, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    url = f"http://127.0.0.1:{alone.mesh.port}/openapi.json"
    login = [f"--header={key}: {value}" for key, value in alone.as_user("admin").items()]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run", url, *login]
    command += [f"--max-examples={EXAMPLES}", "--generation-deterministic", "--phases=examples,coverage,fuzzing"]
    command += [f"--exclude-path={ENDLESS}", "--request-timeout=60", "--no-color"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-8000:]
    assert "Selected: 95/96" in done.stdout, done.stdout[-8000:]
