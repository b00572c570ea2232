"""`sonicmesh setup` in a terminal: three libraries, with and without a running mesh, asked and not asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

import demo
from tests.harness.first_run import LIVE, FirstRun

#: The demo library may still have to be made.
pytestmark = pytest.mark.timeout(900)

MakeFirst = Callable[[], FirstRun]


@pytest.fixture
def make_first(tmp_path_factory: pytest.TempPathFactory, demo_library: demo.DemoLibrary) -> Iterator[MakeFirst]:
    made: list[FirstRun] = []

    def make() -> FirstRun:
        made.append(FirstRun(tmp_path_factory.mktemp("t"), demo_library))
        return made[-1]

    yield make
    for mesh in made:
        mesh.close()


@pytest.mark.skipif(not LIVE.exists(), reason="the recorded Navidrome library is not here")
def test_a_real_library_under_other_paths(make_first: MakeFirst) -> None:
    # Given the database of a real server, whose folders have other names here, and no mesh
    mesh = make_first()
    database = mesh.put_live()
    # When somebody takes what is proposed
    done = mesh.typed("\ny\n")
    # Then they have read what was found, and see a first playlist
    assert done.returncode == 0, done.stderr + mesh.logs()
    for told in (
        f"1. {database}, 53 tracks",
        f"Navidrome's /music is {mesh.home}/Music/lieder here (found by trying)",
        "10 of 10 files can be read",
        "spectral, measured on 5 tracks",
        "five tracks like",
    ):
        assert told in done.stdout
    assert f"SONICMESH_PATH_MAP='/music={mesh.home}/Music/lieder,/archive={mesh.home}/Music/alt'" in mesh.written()
    # And can change it later, while the mesh runs: the demo library is the other one in the list
    again = mesh.typed("2\ny\n", "--no-measure", "--no-wait")
    assert again.returncode == 0, again.stderr + mesh.logs()
    assert "data/demo/navidrome.db'" in mesh.written()
    assert mesh.json("status")["library"]["tracks"] > 53


def test_files_that_are_nowhere(make_first: MakeFirst) -> None:
    mesh = make_first()
    database = mesh.put_unreadable()
    # Asked nothing, the command says which path it tried, and what to do
    done = mesh.typed("", "--yes")
    assert done.returncode == 2
    assert "none of 10 files can be read" in done.stderr
    assert f"{mesh.home}/gone/" in done.stderr
    assert "--path-map" in done.stderr
    assert json.loads(mesh.typed("", "--json").stdout)["error"]["code"] == "invalid_request"
    # Asked, it goes on until files can be read: here where nobody looks
    demo.build_small(mesh.folder / "found", 12)
    answers = (
        f"{mesh.folder}/supervisord.conf\n{database}\nnonsense\n{mesh.home}/gone/music={mesh.folder}/found/music\ny\n"
    )
    done = mesh.typed(answers, "--no-measure", "--no-start")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no readable database" in done.stdout
    assert "such as /mnt/music" in done.stdout
    assert mesh.written().count("NAVIDROME_DB_PATH=") == 1


def test_a_script_with_the_demo_library(make_first: MakeFirst) -> None:
    mesh = make_first()
    assert mesh.json("setup", "--code")["code"]
    found = mesh.json("setup", "--database", "data/demo", "--no-wait", "--navidrome-url", "http://127.0.0.1:9")
    assert (found["check"]["navidrome"], found["applied"]["restarting"]) == (False, False)
    assert found["costs"][0]["measured"] == 5
    assert found["run"]["urls"]["gateway"].endswith(str(mesh.port))
    assert "NAVIDROME_URL='http://127.0.0.1:9'" in mesh.written()
    assert mesh.sonicmesh("setup", "--code").returncode == 1
    # A setting that wins is not written over
    with (mesh.folder / ".env").open("a") as file:
        file.write("NAVIDROME_DB_PATH='/elsewhere/navidrome.db'\n")
    refused = mesh.typed("", "--yes")
    assert refused.returncode == 1
    assert "NAVIDROME_DB_PATH is /elsewhere/navidrome.db in .env" in refused.stderr


def test_without_a_database_it_says_where_it_looked(make_first: MakeFirst) -> None:
    mesh = make_first()
    (mesh.home / "Music").mkdir()
    done = mesh.typed("", "--yes")
    assert done.returncode == 2
    assert f"{mesh.home}/Music" in done.stderr
    assert "-v /srv/navidrome:/navidrome:ro" in done.stderr
