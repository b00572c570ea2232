"""`GET /tracks`, and the page that uses it."""

from __future__ import annotations

import pytest

from tests.harness.gateway_mesh import GatewayMesh


def test_tracks_by_words(mesh: GatewayMesh) -> None:
    assert mesh.get("/tracks?q=blue%20green&limit=3").json == {
        "tracks": [
            {
                "id": "t1",
                "title": "blue green",
                "artist": "Zoë",
                "artist_id": "a1",
                "album": "B",
                "album_id": "b1",
                "duration": 180.0,
                "library_id": 1,
                "path": "/music/1.flac",
            }
        ]
    }
    assert mesh.last("library", "tracks.find") == {"query": "blue green", "limit": 3}


def test_tracks_by_id(mesh: GatewayMesh) -> None:
    assert [track["id"] for track in mesh.get("/tracks?ids=a,b,&q=ignored").json["tracks"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "field"), [("", "q"), ("q=%20", "q"), ("q=x&limit=0", "limit"), ("ids=" + "a," * 301, "ids")]
)
def test_wrong_questions(mesh: GatewayMesh, query: str, field: str) -> None:
    answer = mesh.get(f"/tracks?{query}")
    assert (answer.status, answer.field) == (400, field)


def test_the_console_is_one_page(mesh: GatewayMesh) -> None:
    page = mesh.get("/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"https://" not in page.body
    assert b"http://" not in page.body
