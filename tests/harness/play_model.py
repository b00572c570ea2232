"""A model worker whose speed, failures and identity a test decides. It runs in a thread of the test."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from broker.vectors import pack_vectors
from broker.wire import Reply
from contract.embedding import Description
from contract.errors import DecodeFailed, FileMissing, MeshError
from contract.message import fields_of
from workers.runtime.service import Call, Handler, Service, single
from workers.runtime.settings import WorkerSettings
from workers.runtime.worker import Worker

TRUNCATED = "truncated_audio"
#: Values of a vector, if a test does not say otherwise.
DIM = 8


class PlayModel(Service):
    """Serves `embed.NAME`. A vector is drawn from the hash of the samples: the same audio gives the same vector."""

    credit = 8

    def __init__(self, model: str = "spectral") -> None:
        self._model = model
        self.model_id = f"{model}-1"
        self.dim = DIM
        #: Error by the end of a path.
        self.errors: dict[str, MeshError] = {}
        #: Warnings by the end of a path.
        self.warnings: dict[str, str] = {}
        #: Names of the files that were embedded or refused, in order.
        self.heard: list[str] = []
        #: Cleared: every call waits.
        self.gate = threading.Event()
        self.gate.set()
        self.seconds = 0.0
        #: Whether it fits beside other models.
        self.fits = True

    @property
    def name(self) -> str:
        return f"embed.{self._model}"

    def operations(self) -> Mapping[str, Handler]:
        return {
            "embed.audio": single(self._embed),
            "model.describe": single(self._describe),
            "model.fits": single(lambda _: Reply({"fits": self.fits, "needs_bytes": 0, "seen": []})),
        }

    def _describe(self, _call: Call) -> Reply:
        description = Description(
            name=self._model,
            dimension=self.dim,
            model_id=self.model_id,
            text=False,
            license="MIT",
            description="what a test decides",
            loaded=True,
            device="cpu",
            status="available",
            reason="",
        )
        return Reply(fields_of(description))

    def _embed(self, call: Call) -> Reply:
        self.gate.wait()
        time.sleep(self.seconds)
        path = Path(os.fsdecode(call.params["path"]))
        self.heard.append(path.name)
        for end, error in self.errors.items():
            if str(path).endswith(end):
                raise type(error)(error.message)
        warning = next((said for end, said in self.warnings.items() if str(path).endswith(end)), None)
        result: dict[str, Any] = {
            "dim": self.dim,
            "model_id": self.model_id,
            "duration": call.params["duration"],
            "warning": TRUNCATED if warning else None,
            "warning_message": warning,
            "seconds": {"decode": 0.001, "queue": 0.0, "compute": 0.001},
        }
        return Reply(result, [pack_vectors(_vector(path, self.dim))])


def _vector(path: Path, dim: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    if not path.exists():
        raise FileMissing(f"{path} is not there")
    try:
        samples, _ = soundfile.read(os.fsencode(path), dtype="int16")
    except soundfile.SoundFileError as error:
        raise DecodeFailed(f"no decoder can read {path}") from error
    seed = int.from_bytes(hashlib.sha256(samples.tobytes()).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(dim).astype(np.float32)


class Running:
    """A service that runs in a thread of the test."""

    def __init__(self, service: Service, name: str, settings: WorkerSettings) -> None:
        self._worker = Worker(service, name, settings)
        self._thread = threading.Thread(target=self._worker.run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._worker.stop()
        self._thread.join(20)
