"""Who is calling: tokens, Subsonic logins, a proxy, and a Navidrome that does not answer."""

from __future__ import annotations

import pytest

from tests.harness.gateway_mesh import USER
from tests.harness.navidrome_stand_in import subsonic
from tests.harness.people_mesh import PeopleMesh
from tests.harness.waiting import eventually

SETTINGS = "/api/recommendations/settings"


def asked(people: PeopleMesh, name: str) -> int:
    return people.navidrome.calls.count(name)


def test_nobody_is_401_and_is_told_how(people: PeopleMesh) -> None:
    answer = people.mesh.get(SETTINGS)
    assert (answer.status, answer.code) == (401, "unauthorized")
    assert "X-ND-Authorization" in answer.json["message"]
    assert answer.headers["WWW-Authenticate"] == "Navidrome", "a browser does not ask for a password of its own"


def test_a_token_in_a_header_a_cookie_or_the_query(people: PeopleMesh) -> None:
    token = people.navidrome.token("alice")
    assert people.mesh.get(SETTINGS, **{"X-ND-Authorization": f"Bearer {token}"}).status == 200
    assert people.mesh.get(SETTINGS, Cookie=f"jwt={token}").status == 200
    assert people.mesh.get(f"{SETTINGS}?jwt={token}").status == 200


def test_a_renewed_token_is_passed_on_and_the_answer_is_remembered(people: PeopleMesh) -> None:
    headers = {"X-ND-Authorization": f"Bearer {people.navidrome.token('alice', n=1)}"}
    before = asked(people, "GET user")
    answers = [people.mesh.get(SETTINGS, **headers) for _ in range(5)]
    assert {answer.status for answer in answers} == {200}
    assert asked(people, "GET user") == before + 1
    assert {answer.headers["X-ND-Authorization"].count(".") for answer in answers} == {2}


def test_an_expired_token_is_401(people: PeopleMesh) -> None:
    answer = people.mesh.get(f"{SETTINGS}?jwt={people.navidrome.token('alice', expires_in=-1)}")
    assert (answer.status, answer.code) == (401, "unauthorized")


def test_claims_are_not_believed(people: PeopleMesh) -> None:
    # Given a token that another Navidrome signed, and one whose claim Navidrome does not confirm
    people.navidrome.secret, secret = b"another", people.navidrome.secret
    bad = people.navidrome.token("admin")
    people.navidrome.secret = secret
    forged = people.navidrome.token("alice", adm=True)
    assert people.mesh.get(f"/api/recommendations/batch/progress?jwt={bad}").status == 401
    assert people.mesh.get(f"/api/recommendations/batch/progress?jwt={forged}").status == 403


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "a.e30.c", "é.é.é"])
def test_what_is_no_token_is_401_without_asking(people: PeopleMesh, token: str) -> None:
    before = len(people.navidrome.calls)
    assert people.mesh.get(SETTINGS, Cookie=f"jwt={token}".encode().decode("latin-1")).status == 401
    assert len(people.navidrome.calls) == before


def test_subsonic_logins(people: PeopleMesh) -> None:
    hexed = "".join(f"{byte:02x}" for byte in b"bobpw")
    for query in (subsonic("bob"), "u=bob&p=bobpw", f"u=BOB&p=enc:{hexed}"):
        assert people.mesh.get(f"{SETTINGS}?{query}").status == 200, query
    assert people.mesh.get(f"{SETTINGS}?{subsonic('bob', 'wrong')}").status == 401


def test_a_token_is_no_subsonic_login(people: PeopleMesh) -> None:
    assert people.mesh.get(f"{SETTINGS}?u=alice&v=1.16.1").status == 401


def test_guessing_a_password_is_slowed_down(people: PeopleMesh) -> None:
    answers = [people.mesh.get(f"{SETTINGS}?{subsonic('bob', f'guess {n}')}") for n in range(9)]
    held = [answer for answer in answers if answer.status == 429]
    assert held
    assert int(held[0].headers["Retry-After"]) >= 1
    for query in (subsonic("alice"), f"jwt={people.navidrome.token('bob')}"):
        assert people.mesh.get(f"{SETTINGS}?{query}").status == 200, "others, and bob with a token, are not held"
    # The next one is let through after a while
    eventually(lambda: people.mesh.get(f"{SETTINGS}?u=bob&p=bobpw&n=1").status == 200, "no longer held")


def test_navidrome_down_is_503_while_playlists_go_on(people: PeopleMesh) -> None:
    token = people.navidrome.token("alice", fresh="down")
    people.navidrome.down()
    try:
        answer = people.mesh.get(f"{SETTINGS}?jwt={token}")
        assert (answer.status, answer.code) == (503, "navidrome_unavailable")
        seeds = [{"track_id": people.tracks()[0]}]
        playlist = people.mesh.post("/playlist/recent", {**USER, "seeds": seeds, "models": ["spectral"]})
        assert (playlist.status, len(playlist.json["tracks"])) == (200, 23)
    finally:
        people.navidrome.up()
    assert people.mesh.get(f"{SETTINGS}?jwt={token}").status == 200


@pytest.mark.parametrize("fault", [302, 500, 502])
def test_a_navidrome_that_is_broken_is_503(people: PeopleMesh, fault: int) -> None:
    people.navidrome.faults["GET user"] = [fault]
    answer = people.mesh.get(f"{SETTINGS}?jwt={people.navidrome.token('alice', fault=fault)}")
    assert (answer.status, answer.code) == (503, "navidrome_unavailable")


def test_a_user_whom_the_database_does_not_have_is_a_wrong_setup(people: PeopleMesh) -> None:
    token = people.navidrome.token("dave", setup=1)
    assert people.mesh.get(f"{SETTINGS}?jwt={token}").status == 200
    people.sql("UPDATE user SET user_name = 'gone', id = 'gone' WHERE user_name = 'dave'")
    try:
        answer = people.mesh.get(f"{SETTINGS}?jwt={token}")
        assert (answer.status, answer.code) == (503, "navidrome_unavailable")
        assert "NAVIDROME_DB_PATH" in answer.json["message"]
    finally:
        people.sql("UPDATE user SET user_name = 'dave', id = 'id-dave' WHERE user_name = 'gone'")
