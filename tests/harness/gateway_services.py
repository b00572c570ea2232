"""Stand-ins for search, library and models on the real worker loop, which record requests and answer as told.

`python -m tests.harness.gateway_services NAME FOLDER` serves `search`, `library` or `embed.MODEL`. Commands are files
in FOLDER: `slow-search`, `slow-text` (seconds to take), `library-waits` (a reason), `hold-text`, `hold-texts` (do not
answer texts, or several texts, while it says something), `bad-text` (the text to fail on). Every call is appended to
`calls-SERVICE.jsonl` when it begins, and to `done-SERVICE.jsonl` when it was not taken back.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

import contract.search
from broker.process import die_with_parent, on_stop, setup_logging
from broker.vectors import pack_vectors
from broker.wire import Reply
from contract.embedding import Description
from contract.errors import ERRORS, Conflict, InvalidRequest, ModelFailed, NotFound, TextUnavailable
from contract.message import fields_of
from contract.reading import read_request
from contract.search import Recommended, RecommendedTrack, RecommendRequest, Selection, StoreStatus
from contract.settings import load_settings
from contract.track import Track
from contract.warnings import Warned, WarningCode
from workers.runtime.service import Call, Handler, ModelState, Service, WorkerContext, single
from workers.runtime.serving import packed
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker

#: Known models: name, dimension, text, enabled.
MODELS = (
    ("spectral", 40, False, True),
    ("muq", 1536, True, True),
    ("mert", 76800, False, False),
    ("latent", 576, False, False),
)
PROGRESS = {"status": "running", "job_id": "j1", "total_operations": 10, "processed_operations": 4, "warnings": 0}


class StandIn(Service):
    """Records every call; `answers` by operation."""

    credit: ClassVar[int] = 8

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self.mesh: WorkerContext | None = None

    @property
    def name(self) -> str:
        return self._name

    def start(self, mesh: WorkerContext) -> None:
        self.mesh = mesh

    def answers(self) -> Mapping[str, Callable[[Call], Reply]]:
        raise NotImplementedError

    def operations(self) -> Mapping[str, Handler]:
        return {op: single(self._recorded(answer)) for op, answer in self.answers().items()}

    def command(self, name: str) -> str:
        """What a test wrote into the file, or nothing."""
        path = self._folder / name
        return path.read_text() if path.exists() else ""

    def _recorded(self, answer: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        def handle(call: Call) -> Reply:
            self._record("calls", call)
            try:
                reply = answer(call)
            finally:
                self._record("done", call)
            return reply

        return handle

    def _record(self, kind: str, call: Call) -> None:
        with (self._folder / f"{kind}-{self._name}.jsonl").open("a") as log:
            log.write(json.dumps({"op": call.op, "params": call.params, "trace": call.trace}) + "\n")


class Search(StandIn):
    """Answers as many tracks as asked for, none of them excluded."""

    def answers(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {
            contract.search.Search.recommend.name: self._recommend,
            contract.search.Search.select.name: self._select,
            contract.search.Search.status.name: self._status,
        }

    def _status(self, _call: Call) -> Reply:
        return packed(StoreStatus(uri="memory", models={}))

    def _select(self, call: Call) -> Reply:
        """The models asked for, or found by the length of a text seed; else those that the test says are filled."""
        request = read_request(RecommendRequest, call.params)
        filled = json.loads(self.command("filled") or '{"spectral": 9}')
        lengths = {len(seed.embedding) for seed in request.seeds if seed.embedding}
        asked = request.models or [name for name, dimension, _, _ in MODELS if dimension in lengths]
        among = [name for name in filled if name in (request.among or filled)]
        return packed(Selection(models=asked or among[:1], tracks=filled))

    def _recommend(self, call: Call) -> Reply:
        request = read_request(RecommendRequest, call.params)
        time.sleep(float(self.command("slow-search") or 0))
        code = self.command("search-error")
        if code:
            raise ERRORS[code](f"told to say {code}")
        excluded = set(request.exclude_track_ids)
        found = [f"t{n}" for n in range(request.limit + len(excluded)) if f"t{n}" not in excluded]
        tracks = [
            RecommendedTrack(track_id=each, score=0.5, reason="like a", models=["muq"])
            for each in found[: request.limit]
        ]
        nothing = Warned(code=WarningCode.NO_SEEDS, message="no seeds")
        return packed(Recommended(tracks=tracks, warnings=[] if request.seeds else [nothing]))


class Library(StandIn):
    """One job at a time, four failures."""

    _job = ""

    def answers(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {
            "models.describe": self._models,
            "library.status": self._status,
            "playlists.tracks": lambda call: Reply({"track_ids": [f"of-{p}" for p in call.params["playlist_ids"]]}),
            "batch.start": self._start,
            "batch.progress": lambda _: Reply(PROGRESS if self._job else {"status": "no_job"}),
            "batch.failures": self._failures,
            "jobs.start": self._start,
            "jobs.cancel": lambda _: self._change("cancelling"),
            "jobs.pause": lambda _: self._change("paused"),
            "jobs.resume": lambda _: self._change("running"),
            "batch.cancel": lambda _: self._change("cancelling"),
            "batch.pause": lambda _: self._change("paused"),
            "batch.resume": lambda _: self._change("running"),
            "batch.jobs": lambda _: Reply({"jobs": [PROGRESS]}),
            "batch.job": self._one,
            "publish": self._publish,
            "tracks.get": lambda call: Reply({"tracks": [_track(each) for each in call.params["track_ids"]]}),
            "tracks.find": lambda call: Reply({"tracks": [_track("t1", call.params["query"])]}),
        }

    def _models(self, _call: Call) -> Reply:
        models = [
            {"name": n, "dimension": d, "text": t, "enabled": e, "license": "MIT", "description": f"model {n}"}
            for n, d, t, e in MODELS
        ]
        return Reply({"models": models, "default_model": "auto", "foreign": ["qwen3"]})

    def _status(self, _call: Call) -> Reply:
        reason = self.command("library-waits")
        counts = {"tracks": 9, "missing": 0, "libraries": [], "last_scan_at": None, "auto_embed": True, "notices": []}
        return Reply({"state": "waiting" if reason else "ready", "reason": reason, **counts})

    def _start(self, _call: Call) -> Reply:
        if self._job:
            raise Conflict("a job is already running", {"job_id": self._job})
        self._job = "j1"
        return Reply({"status": "started", "job_id": "j1", "warnings": []})

    def _change(self, status: str) -> Reply:
        if not self._job:
            raise NotFound("no job is running")
        if status == "cancelling":
            self._job = ""
        return Reply({"status": status})

    def _failures(self, call: Call) -> Reply:
        rows = [{"track_id": f"f{n}", "title": "=1+1", "artist": "Zoë, B", "code": "empty_audio"} for n in range(4)]
        first, count = call.params["offset"], call.params["limit"]
        return Reply({"total": 4, "failures": rows[first : first + count]})

    def _one(self, call: Call) -> Reply:
        if call.params["job_id"] != "j1":
            raise NotFound("there is no such job")
        return Reply(PROGRESS)

    def _publish(self, call: Call) -> Reply:
        assert self.mesh is not None
        for _ in range(call.params.get("times", 1)):
            self.mesh.events.publish(call.params["topic"], call.params["fields"])
        return Reply({})


class Embed(StandIn):
    """Vectors of texts: every number is the text's length."""

    def answers(self) -> Mapping[str, Callable[[Call], Reply]]:
        return {"embed.text": self._text, "model.describe": self._describe}

    def control(self) -> Mapping[str, Handler]:
        return {op: single(self._recorded(_accept)) for op in ("worker.load", "worker.unload")}

    def model(self) -> ModelState:
        return ModelState(self._name.removeprefix("embed."), "cpu", loaded=True, memory_bytes=1234)

    def _describe(self, _call: Call) -> Reply:
        name = self._name.removeprefix("embed.")
        status = self.command(f"text-{name}") or ("available" if name == "muq" else "unavailable")
        said = Description(
            name=name,
            dimension=41 if name == "spectral" else 1536,
            model_id="stand-in",
            text=name == "muq" or status == "available",
            license="MIT",
            description=f"model {name}",
            loaded=True,
            device="cpu",
            status="available",
            reason="",
            text_status=status,  # type: ignore[arg-type]  # a test says it
        )
        return Reply(fields_of(said))

    def _text(self, call: Call) -> Reply:
        time.sleep(float(self.command("slow-text") or 0))
        while self.command("hold-text") or (len(call.params["texts"]) > 1 and self.command("hold-texts")):
            time.sleep(0.005)
        if (bad := self.command("bad-text")) and bad in call.params["texts"]:
            raise ModelFailed("told to fail on this text")
        name, dimension, text, _ = next(m for m in MODELS if f"embed.{m[0]}" == self._name)
        if not text and self.command(f"text-{name}") != "available":
            raise TextUnavailable(f"{name} has no text side")
        if not all(call.params["texts"]):
            raise InvalidRequest("an empty text")
        vectors = np.array([[len(t)] * dimension for t in call.params["texts"]], dtype=np.float32)
        result = {"dim": dimension, "model_id": "stand-in", "is_stub": False}
        return Reply(result, [pack_vectors(vectors)])


def _track(track_id: str, title: str = "") -> Track:
    return Track(
        id=track_id,
        title=title,
        artist="Zoë",
        artist_id="a1",
        album="B",
        album_id="b1",
        duration=180.0,
        library_id=1,
        path="/music/1.flac",
    )


def _accept(_call: Call) -> Reply:
    return Reply({"accepted": True})


def main() -> int:
    """Serve until told to stop."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    settings = load_settings(WorkerSettings)
    setup_logging("warning")
    die_with_parent()
    cls = {"search": Search, "library": Library}.get(name, Embed)
    worker = Worker(cls(name, folder), f"{name.replace('.', '-')}_01", settings)
    on_stop(worker.stop)
    return worker.run()


if __name__ == "__main__":
    sys.exit(main())
