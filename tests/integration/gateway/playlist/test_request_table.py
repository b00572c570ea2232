"""Every row of the request table of `POST /playlist/{mode}`, through HTTP and all processes, with and without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.gateway.playlist.planted import (
    ARCHIVE,
    HARSH,
    PROMPT,
    SEED_A,
    SEED_B,
    TEXT,
    A,
    B,
    PlantedMesh,
)

#: Neighbours of seed A by model, nearest first.
NEAR_A = {"spectral": [2, 3, 4, 5, 6, 7, 12, 13], "muq": [14, 7, 6, 5, 4, 3, 2, 15]}
NEAR_B = [8, 9, 10, 11]
ONLY_SPECTRAL, ONLY_MUQ = {12, 13}, {14, 15}
BOTH = ["spectral", "muq"]


@pytest.fixture(scope="module")
def mesh() -> Iterator[PlantedMesh]:
    mesh = PlantedMesh()
    yield mesh
    mesh.close()


@pytest.mark.parametrize("name", ["user_id", "user_name"])
def test_users_are_required(mesh: PlantedMesh, name: str) -> None:
    request = mesh.request()
    del request[name]
    status, answer = mesh.post("/playlist/custom", request)
    assert status == 400
    assert answer["error"]["detail"]["field"] == name


def test_the_log_says_for_whom_and_the_mode_of_the_path(mesh: PlantedMesh) -> None:
    # When the body names another mode than the path
    request = mesh.request(user_name="Zoë", mode="favorites")
    status, answer = mesh.post("/playlist/sunday-mix", request, **{"X-Request-Id": "whom"})
    # Then the path counts, as a label
    assert status == 200
    assert [track["track_id"] for track in answer["tracks"]] == [mesh.ids[n] for n in mesh.ask().order]
    line = next(line for line in mesh.log.read_text().splitlines() if "id=whom" in line)
    assert "/playlist/sunday-mix " in line
    assert 'user="Zoë"' in line
    assert "favorites" not in line
    # And a body's mode does not stand in for an empty one
    assert mesh.refused("/playlist/%20", mode="recent")["detail"]["field"] == "mode"
    assert mesh.refused(mode=7)["detail"]["field"] == "mode"


def test_limit(mesh: PlantedMesh) -> None:
    everything = mesh.ask().order
    assert len(everything) > 10
    assert mesh.ask(limit=3).order == everything[:3]
    assert mesh.ask(limit=1).order == everything[:1]
    assert [mesh.refused(limit=n)["detail"]["field"] for n in (0, 501)] == ["limit", "limit"]


def test_seeds_say_what_it_is_like_and_never_come_back(mesh: PlantedMesh) -> None:
    near_a, near_b = mesh.ask(seeds=[mesh.seed(SEED_A)]).order, mesh.ask(seeds=[mesh.seed(SEED_B)]).order
    assert near_a[:8] == NEAR_A["spectral"]
    assert near_b[:4] == NEAR_B
    assert SEED_A not in near_a
    assert SEED_B not in near_b


@pytest.mark.parametrize("seeds", [[], None])
def test_no_seeds_find_nothing_and_say_so(mesh: PlantedMesh, seeds: Any) -> None:
    answer = mesh.ask(seeds=seeds)
    assert answer.order == []
    assert any("no seeds" in warning for warning in answer.warnings)


def test_the_heavier_seed_counts_more(mesh: PlantedMesh) -> None:
    # Given two tracks equally near to one seed each
    def first(weight_a: float, weight_b: float) -> int:
        seeds = [mesh.seed(SEED_A, weight=weight_a), mesh.seed(SEED_B, weight=weight_b)]
        return mesh.ask(seeds=seeds).order[0]

    # Then the weight decides
    assert first(1.0, 0.01) == 2
    assert first(0.01, 1.0) == 8
    assert first(1.0, 0.0) == 2
    assert first(0.0, 1.0) == 8


def test_a_weight_is_1_where_none_is_given_and_never_negative(mesh: PlantedMesh) -> None:
    def scores(**weight: float) -> dict[int, float]:
        return mesh.ask(seeds=[mesh.seed(SEED_A, **weight), mesh.seed(SEED_B, weight=0.2)]).scores

    assert scores() == scores(weight=1.0)
    assert scores() != scores(weight=0.5)
    assert mesh.refused(seeds=[mesh.seed(SEED_A, weight=-1)])["detail"]["field"] == "seeds.0.weight"


def test_a_seed_is_a_label_a_time_or_a_vector(mesh: PlantedMesh) -> None:
    # Given labels, which change nothing
    plain = mesh.ask().scores
    labelled = mesh.seed(SEED_A, source="recent", played_at="2026-01-02T03:04:05.123456789+01:00", embedding=None)
    assert mesh.ask(seeds=[labelled]).scores == plain
    bad = mesh.refused(seeds=[mesh.seed(SEED_A, played_at="yesterday")])
    assert bad["detail"]["field"].startswith("seeds.0.played_at")
    # When a vector stands beside an id, the vector counts, in the model of its length
    for model, near in NEAR_A.items():
        answer = mesh.ask(seeds=[{"track_id": "text:1", "embedding": mesh.vector(model, A)}])
        assert answer.order[:9] == [SEED_A, *near]
        assert {tuple(track["models"]) for track in answer.tracks.values()} == {(model,)}
        assert answer.tracks[near[0]]["reason"] == "matches text"
    beside = mesh.seed(SEED_A, embedding=mesh.vector("spectral", B))
    assert mesh.ask(seeds=[beside]).order[:5] == [SEED_B, *NEAR_B]
    assert mesh.refused(seeds=[mesh.seed(SEED_A, embedding=[1.0] * 7)])["detail"]["field"] == "seeds.0.embedding"


def test_diversity_leaves_out_what_is_like_the_rest(mesh: PlantedMesh) -> None:
    # Given two tracks that are almost one
    closest = mesh.ask(limit=4).order
    assert closest == [2, 3, 4, 5]
    assert mesh.ask(limit=4, diversity=0.0).order == closest
    # When more variety is asked for
    varied = mesh.ask(limit=4, diversity=1.0).order
    # Then the best stays, and not both of them
    assert varied[0] == 2
    assert not {3, 4} <= set(varied)
    assert mesh.refused(diversity=1.1)["detail"]["field"] == "diversity"


def test_excluded_tracks(mesh: PlantedMesh) -> None:
    everything = mesh.ask().order
    without = mesh.ask(exclude_track_ids=[mesh.ids[2], mesh.ids[5], "unknown"]).order
    assert without == [track for track in everything if track not in (2, 5)]


def test_libraries(mesh: PlantedMesh) -> None:
    everything = mesh.ask().order
    assert set(ARCHIVE) < set(everything)
    assert mesh.ask(library_ids=[2]).order == [track for track in everything if track in ARCHIVE]
    assert mesh.ask(library_ids=[1]).order == [track for track in everything if track not in ARCHIVE]
    assert mesh.ask(library_ids=[1, 2]).order == mesh.ask(library_ids=[]).order == everything


def _dislikes(mesh: PlantedMesh, kind: str) -> tuple[dict[str, Any], set[int]]:
    artist, tracks = mesh.artist(4)
    assert {2, 3, 5}.isdisjoint(tracks)
    return {
        "track": ({"disliked_track_ids": [mesh.ids[4]]}, {4}),
        "artist": ({"disliked_artist_ids": [artist]}, tracks),
    }[kind]


@pytest.mark.parametrize("kind", ["track", "artist"])
def test_dislikes_are_never_returned_and_pull_down_what_is_near_them(mesh: PlantedMesh, kind: str) -> None:
    # Given 3, which is almost 4
    fields, gone = _dislikes(mesh, kind)
    plain = mesh.ask()
    assert plain.order.index(3) < plain.order.index(5)
    # When 4 is disliked, it does not come; nothing else changes
    weak = mesh.ask(**fields)
    assert weak.order == [track for track in plain.order if track not in gone]
    assert all(weak.scores[track] == plain.scores[track] for track in weak.order)
    # Then strength pulls 3 down, behind a lesser one
    half, strong = mesh.ask(**fields, dislike_strength=0.5), mesh.ask(**fields, dislike_strength=1.0)
    assert gone.isdisjoint(strong.order)
    assert plain.scores[3] > half.scores[3] > strong.scores[3]
    assert strong.order.index(3) > strong.order.index(5)


def test_tracks_of_excluded_playlists(mesh: PlantedMesh) -> None:
    playlist, tracks = mesh.playlist("Morning")
    everything = mesh.ask().order
    assert len(tracks & set(everything)) >= 3
    without = mesh.ask(exclude_playlist_ids=[playlist])
    assert without.order == [track for track in everything if track not in tracks]


def test_models(mesh: PlantedMesh) -> None:
    # Each model answers from its own collection, together they answer from both
    for model in BOTH:
        answer = mesh.ask(models=[model])
        assert answer.order[:8] == NEAR_A[model]
        assert {tuple(track["models"]) for track in answer.tracks.values()} == {(model,)}
    together = mesh.ask(models=BOTH)
    assert set(together.order) >= ONLY_SPECTRAL | ONLY_MUQ
    assert set(together.tracks[5]["models"]) == set(BOTH)
    # Absent or empty it is SONICMESH_DEFAULT_MODEL
    assert mesh.ask().order[:8] == mesh.ask(models=[]).order[:8] == NEAR_A["spectral"]
    # An unknown one is refused, and the allowed ones are named
    error = mesh.refused(models=["spectral", "abba"])
    assert error["detail"]["field"] == "models.1"
    assert all(name in str(error) for name in ("spectral", "muq", "mert", "latent"))
    # A known one without vectors costs a warning
    beside = mesh.ask(models=["spectral", "latent"])
    assert beside.order == mesh.ask().order
    assert any("latent" in warning for warning in beside.warnings)


def test_merge_strategies(mesh: PlantedMesh) -> None:
    answers = {
        strategy: mesh.ask(models=BOTH, merge_strategy=strategy).order
        for strategy in ("union", "intersection", "priority")
    }
    assert mesh.ask(models=BOTH).order == answers["union"]
    # Union: whatever a model found, by score alone
    assert set(answers["union"]) >= ONLY_SPECTRAL | ONLY_MUQ
    assert answers["union"][0] == 14
    # Intersection: only what both found
    common = set(answers["union"]) - ONLY_SPECTRAL - ONLY_MUQ
    assert set(answers["intersection"]) == common
    # Priority: what both found, then what the first of them found
    assert set(answers["priority"][: len(common)]) == common
    assert answers["priority"][len(common) :] == [14, 15]
    assert mesh.refused(merge_strategy="vote")["detail"]["field"] == "merge_strategy"


def test_model_priorities(mesh: PlantedMesh) -> None:
    def alone(**fields: Any) -> set[int]:
        order = mesh.ask(models=BOTH, merge_strategy="priority", **fields).order
        return set(order) & (ONLY_SPECTRAL | ONLY_MUQ)

    assert alone() == alone(model_priorities=None) == ONLY_MUQ
    assert alone(model_priorities={"spectral": 1, "muq": 2}) == ONLY_SPECTRAL
    assert alone(model_priorities={"spectral": 2, "muq": 1}) == ONLY_MUQ
    assert "abba" in mesh.refused(model_priorities={"abba": 1})["message"]


def test_agreement_of_models(mesh: PlantedMesh) -> None:
    one = mesh.ask(models=BOTH, min_model_agreement=1)
    two = mesh.ask(models=BOTH, min_model_agreement=2)
    assert one.order == mesh.ask(models=BOTH).order
    assert two.order == [track for track in one.order if track not in ONLY_SPECTRAL | ONLY_MUQ]
    assert any("min_model_agreement 2" in warning for warning in two.warnings)
    three = mesh.ask(models=BOTH, min_model_agreement=3)
    assert three.order == two.order
    assert any("min_model_agreement 3" in warning for warning in three.warnings)
    assert mesh.ask(models=["muq"], min_model_agreement=2).order == mesh.ask(models=["muq"]).order
    assert mesh.refused(min_model_agreement=0)["detail"]["field"] == "min_model_agreement"


def test_negative_prompts_are_embedded_and_push_back_what_is_near(mesh: PlantedMesh) -> None:
    # Given 5, which lies towards the text
    plain = mesh.ask()
    assert "negative_similarity" not in plain.tracks[5]
    # When
    avoiding = mesh.ask(negative_prompts=[PROMPT], negative_prompt_penalty=0.3)
    # Then it falls behind a lesser one, and the rest keeps its score
    assert avoiding.order.index(5) > avoiding.order.index(7) > plain.order.index(5)
    assert avoiding.tracks[5]["negative_similarity"] > 0.4
    assert avoiding.scores[7] == pytest.approx(plain.scores[7], abs=0.01)
    # And a model that cannot embed it costs a warning
    other = mesh.ask(models=["muq"], negative_prompts=[PROMPT], negative_prompt_penalty=0.3)
    assert other.scores == mesh.ask(models=["muq"]).scores
    assert any("negative_prompts" in warning and "muq" in warning for warning in other.warnings)


def test_the_penalty_follows_its_formula(mesh: PlantedMesh) -> None:
    plain = mesh.ask().scores[5]

    def penalised(**penalty: float) -> tuple[float, float]:
        answer = mesh.ask(negative_prompts=[PROMPT], **penalty)
        return answer.scores[5], answer.tracks[5]["negative_similarity"]

    for penalty in (0.3, 0.6, 1.0):
        score, similarity = penalised(negative_prompt_penalty=penalty)
        assert score == pytest.approx(plain * (1 - similarity * (1 - penalty)), abs=1e-4)
    assert penalised() == penalised(negative_prompt_penalty=0.85) != penalised(negative_prompt_penalty=0.84)
    assert mesh.refused(negative_prompt_penalty=0.29)["detail"]["field"] == "negative_prompt_penalty"


def test_negative_embeddings_stand_in_for_the_prompts(mesh: PlantedMesh) -> None:
    plain = mesh.ask()
    harsh = {"spectral": [mesh.vector("spectral", HARSH)]}
    fields = {"negative_prompt_penalty": 0.3}
    # Given alone they push back what is near them, here 6
    alone = mesh.ask(negative_embeddings=harsh, **fields)
    assert alone.scores[6] < 0.8 * plain.scores[6]
    assert alone.scores[5] == pytest.approx(plain.scores[5], abs=0.01)
    # Beside prompts they count instead of those
    assert mesh.ask(negative_embeddings=harsh, negative_prompts=[PROMPT], **fields).scores == alone.scores
    # The prompt's own vector does what the prompt does; null is none
    own = {"spectral": [mesh.vector("spectral", TEXT)]}
    prompted = mesh.ask(negative_prompts=[PROMPT], **fields).scores
    assert mesh.ask(negative_embeddings=own, **fields).scores == pytest.approx(prompted, abs=1e-4)
    assert mesh.ask(negative_embeddings=None, **fields).scores == plain.scores
    # Each counts in its own model, also where no worker of it is running
    muq = {"muq": [mesh.vector("muq", A)]}
    assert mesh.ask(models=["muq"], negative_embeddings=muq, **fields).scores[14] < mesh.ask(models=["muq"]).scores[14]
    assert "abba" in mesh.refused(negative_embeddings={"abba": [[1.0]]})["message"]
