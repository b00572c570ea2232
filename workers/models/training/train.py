"""Train a text projection, from reading a running mesh to saving a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from broker.client import MeshClient
from broker.vectors import Vectors
from workers.models.training.captions import TrackTags, captions, check_enough, style
from workers.models.training.folds import sample
from workers.models.training.gather import read_space, read_tags, read_vectors
from workers.models.training.learning import MOST_TRACKS, TrainingData, learn
from workers.models.training.lift import lift
from workers.models.training.possible import check_possible
from workers.models.training.ridge import Linear
from workers.runtime.settings import WorkerSettings

#: The default text encoder: 23 million parameters, Apache 2.0.
ENCODER: Final = "sentence-transformers/all-MiniLM-L6-v2"

Told = Callable[[str, int, int], None]


def train(client: MeshClient, model: str, encoder: str, settings: WorkerSettings, told: Told) -> dict[str, Any]:
    """Learn words for `model` and save them; returns the measurements.

    Calls `told(stage, done, total)` in the stages tags, vectors, words and learn. Raises `TextUnavailable` (too few
    tags, missing packages), `InvalidRequest`, `NotFound`, `ModelUnavailable` (no text encoder).
    """
    began = time.monotonic()
    check_possible(model)
    told("tags", 0, 1)
    space = read_space(client, model)
    embedded = set(space.track_ids)
    tracks = [track for track in read_tags(client) if track.id in embedded and track.told]
    told("tags", 1, 1)
    check_enough(tracks)
    chosen = [tracks[row] for row in sample([track.id for track in tracks], MOST_TRACKS)]
    chosen, vectors = read_vectors(client, model, chosen, told)
    words = check_enough(chosen)

    from workers.models.neural.device import limit_threads
    from workers.models.training import checkpoint, encoding

    limit_threads(settings)
    source = encoding.find_source(encoder, settings.checkpoints)
    text_encoder = encoding.load(source, settings.checkpoints, "cpu")
    learned = learn(training_data(chosen, vectors, lambda texts: encoding.encode(text_encoder, texts, told)), told)
    path = settings.checkpoints / f"{model}_best_r1.pt"
    checkpoint.save(path, lifted(learned.head, space.dimension), text_encoder, source.name, space.model_id)
    return {
        "model": model,
        "path": str(path),
        "encoder": source.name,
        "tracks": len(chosen),
        "words": words,
        "seconds": time.monotonic() - began,
        "choice": asdict(learned.choice),
        "held_out": asdict(learned.held_out),
    }


def training_data(
    tracks: Sequence[TrackTags], vectors: Vectors, encode: Callable[[list[str]], Vectors]
) -> TrainingData:
    """Encode the captions of all tracks, each different text once."""
    texts_by_track = [captions(track) for track in tracks]
    queries = [style(track) or texts[0] for track, texts in zip(tracks, texts_by_track, strict=True)]
    unique = {
        text: row for row, text in enumerate(dict.fromkeys([*(t for each in texts_by_track for t in each), *queries]))
    }
    rows = encode(list(unique))
    flat = [unique[text] for texts in texts_by_track for text in texts]
    firsts = np.cumsum([0, *(len(texts) for texts in texts_by_track)])[:-1]
    owners = np.repeat(np.arange(len(tracks)), [len(texts) for texts in texts_by_track])
    # If a track has a style, it is one of its captions.
    styled = [first + texts.index(text) for first, texts, text in zip(firsts, texts_by_track, queries, strict=True)]
    return TrainingData(tracks, vectors, rows[flat], owners, firsts, np.array(styled, np.intp))


def lifted(head: Linear, dimension: int) -> Linear:
    """Return the same map into the space of the API, in case the store keeps a projection of that."""
    both = lift(np.concatenate([head.weight.T, head.bias[None]]), dimension)
    return Linear(np.ascontiguousarray(both[:-1].T), both[-1])
