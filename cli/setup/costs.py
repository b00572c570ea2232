"""What the models cost on this machine: which there are, and what one takes, measured on five tracks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from cli.programs import default_scale
from cli.setup.checking import chosen_pairs
from cli.setup.databases import database_of, read
from cli.setup.trying import mapped, sampled
from contract.errors import DeadlineExceeded, InvalidRequest, MeshError, ModelUnavailable, TrackError, error_from_wire
from contract.settings import load_settings
from contract.setup import CostRequest, ModelCost, SetupModel, SetupModels
from machine import memory_bytes, processors
from workers.library.navidrome.paths import as_bytes
from workers.models.adapter import adapter_class
from workers.models.registry import models as known_models
from workers.models.registry import spec
from workers.models.spec import ModelSpec
from workers.runtime.settings import WorkerSettings

#: Tracks to measure, and tracks to choose them from: some may be unreadable.
TRACKS: Final = 5
CANDIDATES: Final = 25
#: Seconds that measuring one model may take; proxies wait a minute for an answer.
SECONDS: Final = 170.0
SECONDS_PER_HOUR: Final = 3600.0
#: Longest track to measure, in seconds: an audiobook would take the time of all others.
LONGEST: Final = 900.0


def models() -> SetupModels:
    """Return every known model, the default first, and what is missing before it can be used."""
    settings = load_settings(WorkerSettings)
    enabled = settings.models
    found = [
        SetupModel(
            name=each.name,
            description=each.description,
            license=each.license,
            default=each.name in enabled,
            needs=_needs(each, settings),
        )
        for each in known_models().values()
    ]
    found.sort(key=lambda each: (not each.default, bool(each.needs)))
    return SetupModels(models=found, memory_bytes=memory_bytes(), processors=processors())


def _needs(model: ModelSpec, settings: WorkerSettings) -> str:
    try:
        adapter_class(model)(model, settings).check()
    except MeshError as error:
        return error.message
    return ""


def cost(request: CostRequest) -> ModelCost:
    """Measure a model on five readable tracks of the library, spread over it, in a process of its own.

    Raises `InvalidRequest`, also if no track can be read, `ModelUnavailable`, `DeadlineExceeded`.
    """
    model = spec(request.model)
    snapshot = read(path := database_of(request))
    samples = sampled(snapshot, CANDIDATES)
    paths = mapped(chosen_pairs(request, samples, path)[0], snapshot.libraries)
    short = [sample.track for sample in samples if 0 < sample.track.duration <= LONGEST]
    places = [(paths.local(track.library_id, track.path), track.duration) for track in short]
    files = [(place, seconds) for place, seconds in places if os.access(as_bytes(place), os.R_OK)]
    if not files:
        raise InvalidRequest("no track of the library can be read here, so nothing can be measured")
    chosen = files[:: max(1, len(files) // TRACKS)][:TRACKS]
    result = _measured(model.name, chosen)
    audio = sum(track.duration for track in snapshot.tracks)
    pace = result["seconds"] / result["audio_seconds"]
    workers = default_scale(model.name)
    return ModelCost(
        model=model.name,
        measured=result["tracks"],
        tracks=len(snapshot.tracks),
        load_seconds=result["load_seconds"],
        seconds_per_track=pace * audio / len(snapshot.tracks),
        workers=workers,
        hours=pace * audio / workers / SECONDS_PER_HOUR,
        memory_bytes=result["memory_bytes"],
    )


def _measured(model: str, files: list[tuple[str, float]]) -> dict[str, Any]:
    command = [sys.executable, "-m", "workers.models.measure", model]
    try:
        sent = orjson.dumps([[str(Path(path)), seconds] for path, seconds in files])
    except orjson.JSONEncodeError:
        raise InvalidRequest("the names of these files are no text, so they cannot be measured") from None
    try:
        done = subprocess.run(command, input=sent, stdout=subprocess.PIPE, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise DeadlineExceeded(f"{model} took longer than {SECONDS:.0f} s for {len(files)} tracks") from None
    if not done.stdout.strip():
        raise ModelUnavailable(f"measuring {model} ended with exit code {done.returncode}: too little memory?")
    document = orjson.loads(done.stdout.splitlines()[-1])
    if "error" in document:
        error = error_from_wire(document["error"])
        raise ModelUnavailable(f"{model}: {error.message}") if isinstance(error, TrackError) else error
    return dict(document["result"])
