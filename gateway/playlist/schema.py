"""`POST /playlist/{mode}`: the request table of the contract, field by field."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.http.schema import (
    INTEGRAL,
    MAX_MODELS,
    MAX_NAME,
    MAX_TEXT,
    Answer,
    FewEntries,
    Ids,
    Integer,
    ModelName,
    Models,
    Name,
    NullIs,
    NullIsEmpty,
    Positive,
    Request,
    Timestamp,
    Vector,
)

#: Most tracks of one answer.
MAX_LIMIT = 500
#: Most seeds of one request.
MAX_SEEDS = 5_000
#: Most playlists whose tracks are left out.
MAX_PLAYLISTS = 1_000
#: Most libraries of one request.
MAX_LIBRARIES = 1_000
#: Most texts, or vectors, of what to avoid.
MAX_NEGATIVE = 200

#: Modes that the metrics tell apart; every other name is a label like them.
MODES = ("recent", "favorites", "all", "discovery", "custom", "text", "playlists")
DEFAULT_PRIORITIES = {"muq": 1, "mert": 2, "latent": 3}


class Seed(Request):
    """What the answer shall be like: a track of the library, or a vector of a text."""

    track_id: Name
    weight: float = Field(1.0, ge=0, description="how much it counts")
    source: Name = Field("", description="where it comes from, such as `recent`; a label")
    played_at: Timestamp | None = None
    embedding: Vector | None = Field(None, description="counts in the model of that dimension")


class PlaylistRequest(Request):
    """Who asks for how many tracks like what, and what to leave out."""

    user_id: Name
    user_name: Name
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT), INTEGRAL] = Field(25, description="most tracks to return")
    mode: Name = Field("", description="overridden by the path")
    seeds: Annotated[list[Seed], Field(max_length=MAX_SEEDS, fail_fast=True), NullIsEmpty] = Field([])
    diversity: float = Field(0.0, ge=0, le=1, description="0: closest matches; 1: most varied")
    exclude_track_ids: Ids = Field([], description="never returned")
    library_ids: Annotated[list[Integer], Field(max_length=MAX_LIBRARIES, fail_fast=True), NullIsEmpty] = Field(
        [], description="restrict to these libraries; empty: all"
    )
    disliked_track_ids: Ids = Field([], description="what is near them is down-ranked; never returned")
    disliked_artist_ids: Ids = Field([], description="likewise, all tracks of them")
    dislike_strength: float = Field(0.0, ge=0, le=1, description="how strongly what is near a dislike is down-ranked")
    exclude_playlist_ids: Annotated[list[Name], Field(max_length=MAX_PLAYLISTS, fail_fast=True), NullIsEmpty] = Field(
        [], description="their tracks are never returned"
    )
    models: Models | None = Field(None, description="spaces to search; absent: SONICMESH_DEFAULT_MODEL")
    merge_strategy: Literal["union", "intersection", "priority"] = "union"
    model_priorities: Annotated[
        dict[ModelName, Integer], Field(max_length=MAX_MODELS), FewEntries, NullIs(DEFAULT_PRIORITIES.copy)
    ] = Field(DEFAULT_PRIORITIES, description="lower: first")
    min_model_agreement: Positive = Field(1, description="a track must come from at least so many models")
    negative_prompts: Annotated[
        list[Annotated[str, Field(max_length=MAX_TEXT)]], Field(max_length=MAX_NEGATIVE, fail_fast=True), NullIsEmpty
    ] = Field([], description="texts of what to avoid")
    negative_prompt_penalty: float = Field(0.85, ge=0.3, le=1, description="lower: stronger; 1: none")
    negative_embeddings: (
        Annotated[
            dict[ModelName, Annotated[list[Vector], Field(max_length=MAX_NEGATIVE, fail_fast=True), NullIsEmpty]],
            Field(max_length=MAX_MODELS),
            FewEntries,
        ]
        | None
    ) = Field(None, description="used instead of embedding the prompts, where given")


class Track(Answer):
    """One track of the answer."""

    track_id: str
    score: float = Field(description="0: an unrelated pair of this library; 1: the same recording")
    reason: str | None = None
    models: list[str] | None = None
    negative_similarity: float | None = None


class Playlist(Answer):
    """Best first; no seed, nothing excluded, nothing twice."""

    tracks: list[Track]
    warnings: list[str] = Field(description="what had no effect, and why the list is shorter than asked")


PlaylistMode = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
