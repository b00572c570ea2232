"""Texts on a fresh installation: no model that reads, no training, no torch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import orjson
import pytest

import demo
from demo.building import build_entries
from demo.varied import varied
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually


def ask(mesh: SupervisedMesh, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and JSON of the gateway's answer."""
    data = None if body is None else orjson.dumps(body)
    request = Request(f"http://127.0.0.1:{mesh.port}{path}", data, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, orjson.loads(answer.read())
    except HTTPError as error:
        return error.code, orjson.loads(error.read())


@pytest.fixture(scope="module")
def demo_library(tmp_path_factory: pytest.TempPathFactory) -> demo.DemoLibrary:
    """Three short pieces of each style, with their tags."""
    return build_entries(tmp_path_factory.mktemp("library"), varied(24, 4.0))


@pytest.fixture(scope="module")
def reading(demo_library: demo.DemoLibrary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupervisedMesh]:
    """A mesh that has embedded them, once its search knows their words."""
    mesh = SupervisedMesh(
        tmp_path_factory.mktemp("k"), NAVIDROME_DB_PATH=demo_library.database, SONICMESH_MODELS="fusion"
    )
    assert mesh.json("run")["job"]["failed_tracks"] == 0
    eventually(lambda: default(mesh)["text"])
    eventually(lambda: heard(mesh) == len(demo_library.tracks), "labels of every track")
    yield mesh
    mesh.close()


def heard(mesh: SupervisedMesh) -> int:
    """How many tracks the search knows labels of."""
    with mesh.connect() as client:
        number: int = client.call("search", "words.status").result["heard"]
        return number


def default(mesh: SupervisedMesh) -> dict[str, Any]:
    return next(model for model in ask(mesh, "/models")[1] if model["name"] == "fusion")


def listed(mesh: SupervisedMesh, **wish: Any) -> Any:
    status, answer = ask(mesh, "/playlist/text", {"user_id": "u", "user_name": "u", "limit": 3, **wish})
    assert status == 200, answer
    return answer


def styles(answer: Any, library: demo.DemoLibrary) -> list[str]:
    by_id = {track.id: track.style for track in library.tracks}
    return [by_id[track["track_id"]] for track in answer["tracks"]]


def test_models_say_that_the_default_reads_and_how(reading: SupervisedMesh) -> None:
    model = default(reading)

    assert model["text"] is True
    assert "by the labels" in model["text_by"]
    assert "Apache" in model["text_by"] or "pip install" in model["text_by"]


def test_a_text_brings_what_it_asks_for(reading: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    for text, style in (("calm piano, no drums", "piano"), ("8-bit", "chiptune"), ("techno", "techno")):
        answer = listed(reading, text=text)
        assert styles(answer, demo_library).count(style) >= 2, (text, styles(answer, demo_library))
        assert answer["tracks"][0]["reason"].startswith("matches ")
        assert not answer["warnings"]


def test_hard_facts_hold(reading: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    answer = listed(reading, text="from the sixties", limit=20)

    artists = {track.id: track.artist for track in demo_library.tracks}
    assert {artists[track["track_id"]] for track in answer["tracks"]} == {"Nils Aalto Trio"}
    assert answer["warning_codes"] == ["short_list"]
    assert "only tracks from the sixties count" in answer["warnings"][0]


def test_years_that_no_track_is_of_are_named(reading: SupervisedMesh) -> None:
    answer = listed(reading, text="from 1931")

    assert answer["tracks"] == []
    assert answer["warning_codes"] == ["words_unmet", "short_list"]
    assert answer["warnings"][0] == "no track is from 1931"


def test_what_is_not_understood_is_said_and_brings_nothing_of_its_own(reading: SupervisedMesh) -> None:
    some = listed(reading, text="piano qwertzuiop")
    nothing = listed(reading, text="asdf qwertzuiop")

    assert some["tracks"] and some["warning_codes"][0] == "words_unknown"
    assert "qwertzuiop" in some["warnings"][0]
    assert nothing["tracks"] == []
    assert "text_not_understood" in nothing["warning_codes"]
    status, answer = ask(reading, "/embed_text", {"text": "asdf qwertzuiop", "model": "fusion"})
    assert (status, answer["error"]["code"]) == (503, "text_unavailable")
    assert "asdf" in answer["message"] and "qwertzuiop" in answer["message"]


def test_a_vector_for_a_model_that_is_not_here_is_known_by_its_length(
    reading: SupervisedMesh, demo_library: demo.DemoLibrary
) -> None:
    # Given what the fork's text page asks for
    status, vector = ask(reading, "/embed_text", {"text": "techno at 130 bpm", "model": "muq"})
    assert status == 200
    assert (vector["model"], vector["dimension"], vector["is_stub"]) == ("fusion", 224, False)
    assert vector["warning_codes"][0] == "another_model" and "words_left_out" in vector["warning_codes"]
    # When it sends the vector back under that name
    seed = {"track_id": "_text_query_", "weight": 1, "source": "text", "embedding": vector["embedding"]}
    answer = listed(reading, seeds=[seed], models=["muq"])
    # Then
    assert styles(answer, demo_library).count("techno") >= 2
    assert answer["tracks"][0]["models"] == ["fusion"]


def test_prompts_to_avoid_are_read_too(reading: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    seeds = [{"track_id": next(track.id for track in demo_library.tracks if track.style == "techno")}]
    with_them = listed(reading, seeds=seeds, limit=20)
    without = listed(reading, seeds=seeds, limit=20, negative_prompts=["chiptune"], negative_prompt_penalty=0.3)

    def place(answer: Any) -> float:
        found = [n for n, style in enumerate(styles(answer, demo_library)) if style == "chiptune"]
        return sum(found) / len(found) if found else 20

    assert place(without) > place(with_them)
    assert "negative_similarity" in without["tracks"][0]
    assert "negative_prompts_unused" not in without["warning_codes"]


def test_the_command_takes_a_text(reading: SupervisedMesh, demo_library: demo.DemoLibrary) -> None:
    answer = reading.json("recommend", "calm piano, no drums", "-n", "3")

    assert answer["text"] == "calm piano, no drums"
    assert [track["artist"] in {"Élise Moreau", "Tomasz Wilk"} for track in answer["tracks"]].count(True) >= 2
