"""Pages on Navidrome's address may call once the operator has named them."""

from __future__ import annotations

from tests.harness.people_mesh import PeopleMesh

PAGE = {"Origin": "https://music.example.org"}
OTHER = {"Origin": "https://elsewhere.example.org"}
PATH = "/api/recommendations/recent"


def test_a_browsers_question_is_answered_for_pages_that_are_named(people: PeopleMesh) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-nd-authorization"}
    answer = people.mesh.request("OPTIONS", PATH, headers=PAGE | asks)
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "X-ND-Authorization" in answer.headers["Access-Control-Allow-Headers"]
    refused = people.mesh.request("OPTIONS", PATH, headers=OTHER | asks)
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_such_a_page_reads_the_answer_and_the_renewed_token(people: PeopleMesh) -> None:
    people.heard("alice", people.tracks()[0], days=1)
    answer = people.mesh.post(PATH, {"limit": 2}, **PAGE, **people.as_user("alice"))
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]
    assert "X-ND-Authorization" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["X-ND-Authorization"]
    assert "Origin" in answer.headers["Vary"]


def test_errors_can_be_read_too(people: PeopleMesh) -> None:
    answer = people.mesh.post(PATH, {}, **PAGE)
    assert answer.status == 401
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE["Origin"]


def test_other_pages_change_nothing_and_read_nothing(people: PeopleMesh) -> None:
    refused = people.mesh.post(PATH, {}, **OTHER, **people.as_user("alice"))
    assert refused.status == 403
    assert "Access-Control-Allow-Origin" not in refused.headers
