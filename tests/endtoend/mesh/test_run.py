"""`make run` as a person sees it: the demo library, what failed and why, a playlist, and a mesh that stays."""

from __future__ import annotations

import socket

import demo
from tests.endtoend.mesh.conftest import MakeMesh


def test_run_embeds_the_demo_library_and_prints_a_playlist(make_mesh: MakeMesh) -> None:
    # Given a folder without any configuration of a library or a model
    mesh = make_mesh(SONICMESH_MODELS="")
    # When
    first = mesh.json("run")
    # Then everything is embedded but the text file and the silent track; the truncated file with a warning
    library = demo.load(mesh.folder / "data/demo")
    job = first["job"]
    assert job["status"] == "completed_with_errors"
    assert job["total_tracks"] == job["processed_tracks"] == len(library.tracks)
    assert job["failed_tracks"] == 2
    codes = {(f["kind"], f["code"]) for f in first["failures"]}
    assert codes == {("failure", "silent_audio"), ("failure", "decode_failed"), ("warning", "truncated_audio")}
    assert list(job["models"]) == ["fusion"]
    assert job["models"]["fusion"]["tracks_per_hour"] > 0
    assert len(first["example"]["tracks"]) == 5
    # And nobody else can read any of it, except what the test itself has put there
    places = [each for each in mesh.folder.iterdir() if each.name not in {".env", "supervisord.conf"}]
    assert {"data", "logs", "run", ".pids"} <= {place.name for place in places}
    paths = [*places, *mesh.folder.glob("*/**/*")]
    # A link has no mode of its own; it leads to one of the files beside it.
    links = [path for path in paths if path.is_symlink()]
    assert [link for link in links if mesh.folder not in link.resolve().parents] == []
    assert [path for path in paths if path not in links and path.lstat().st_mode & 0o077] == []
    # When it is run again
    again = mesh.sonicmesh("run")
    # Then it joins the running mesh and embeds nothing
    assert again.returncode == 0, again.stderr
    assert "already running" in again.stdout
    assert "nothing new to embed" in again.stdout
    assert "five tracks like" in again.stdout
    assert f"http://127.0.0.1:{mesh.port}" in again.stdout
    # When it is stopped and run again
    assert "stopped" in mesh.sonicmesh("stop").stdout
    third = mesh.json("run")
    # Then nothing is embedded again
    assert third["joined"] is False
    assert third["job"]["total_operations"] == 0
    assert third["example"]["tracks"] == first["example"]["tracks"]


def test_a_port_that_is_taken_is_one_clear_line(make_mesh: MakeMesh) -> None:
    # Given
    mesh = make_mesh()
    with socket.create_server(("127.0.0.1", mesh.port)):
        # When
        done = mesh.sonicmesh("run")
    # Then
    assert done.returncode == 2
    assert f"127.0.0.1:{mesh.port}" in done.stderr
    assert "NAVIDROME_RECOMMENDER_PORT" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_bad_setting_is_named(make_mesh: MakeMesh) -> None:
    # Given
    mesh = make_mesh(SONICMESH_MODELS="polka")
    # When
    done = mesh.sonicmesh("run")
    # Then
    assert done.returncode == 2
    assert "SONICMESH_MODELS" in done.stderr
    assert "spectral" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_commands_say_when_nothing_runs(make_mesh: MakeMesh) -> None:
    mesh = make_mesh()
    for command in (["status"], ["recommend", "x"], ["watch"], ["embed"]):
        done = mesh.sonicmesh(*command)
        assert done.returncode == 3, command
        assert "sonicmesh run" in done.stderr
    assert "was not running" in mesh.sonicmesh("stop").stdout
