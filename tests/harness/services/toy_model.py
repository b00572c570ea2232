"""A model of another package, loaded through an entry point of `sonicmesh.models`. It embeds the bytes of a file."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from broker.vectors import Vectors
from contract.errors import DecodeFailed, FileMissing, ModelUnavailable
from workers.models.adapter import Adapter, Recording, TextSide
from workers.models.spec import ModelSpec

#: What the toy claims to need, where its file in the checkpoint folder does not say otherwise.
NEEDS_BYTES = 600_000_000

TOY = ModelSpec(
    "toy",
    dimension=6,
    collection="toy_embedding",
    adapter="tests.harness.services.toy_model:ToyAdapter",
    license="none",
    description="hears the bytes of a file",
)
TOY_TWO = ModelSpec(
    "toy2",
    dimension=7,
    collection="toy2_embedding",
    adapter="tests.harness.services.toy_model:ToyAdapter",
    license="none",
    description="the same, one number longer",
)


class ToyAdapter(Adapter):
    """A file says what to do: `nan`, `zeros`, `oom` (if not alone), `boom`, `late` (fails while reading), `die`."""

    batch = 4

    @property
    def model_id(self) -> str:
        return f"{self.spec.name}-1"

    @property
    def needs_bytes(self) -> int:
        size = self.settings.checkpoints / f"{self.spec.name}.bytes"
        return int(size.read_text()) if size.exists() else NEEDS_BYTES

    def check(self) -> None:
        if (self.settings.checkpoints / f"{self.spec.name}.missing").exists():
            raise ModelUnavailable(f"no weights of {self.spec.name}; download them")

    def load(self) -> None:
        self._log("load")
        if (self.settings.checkpoints / f"{self.spec.name}.broken").exists():
            raise RuntimeError("tensor encoder.weight has the wrong shape")

    def warm_up(self) -> None:
        self._log("warm-up")

    def unload(self) -> None:
        self._log("unload")

    def open_audio(self, path: Path, duration: float | None) -> Recording:
        if not path.exists():
            raise FileMissing(f"{path} is not there")
        audio = path.read_bytes()
        if not audio:
            raise DecodeFailed("nothing in it")
        return Recording(path=path, expected=duration, duration=float(len(audio)), audio=audio)

    def embed_audio(self, recordings: Sequence[Recording]) -> Vectors:
        self._log(f"embed {len(recordings)}")
        pace = self.settings.checkpoints / f"{self.spec.name}.seconds"
        time.sleep(float(pace.read_text()) if pace.exists() else 0.0)
        rows = np.ones((len(recordings), self.dim), np.float32)
        for recording, row in zip(recordings, rows, strict=True):
            row[0] = len(recording.audio)
            self._obey(recording, row, len(recordings))
        return rows

    def _obey(self, recording: Recording, row: Vectors, together: int) -> None:
        match recording.audio:
            case b"nan":
                row[1] = np.nan
            case b"zeros":
                row[:] = 0
            case b"oom" if together > 1:
                raise MemoryError("too much")
            case b"OOM":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
            case b"boom":
                raise ValueError("a defect")
            case b"late":
                recording.error = DecodeFailed("broken in the middle")
            case b"slow":
                time.sleep(1.0)
            case b"die":
                os.kill(os.getpid(), signal.SIGKILL)

    def text_side(self) -> TextSide:
        if self.spec.name == "toy":
            return TextSide("available")
        return super().text_side()

    def embed_text(self, texts: Sequence[str]) -> Vectors:
        if self.text_side().status == "unavailable":
            return super().embed_text(texts)
        return np.array([[len(text), *range(1, self.dim)] for text in texts], np.float32)

    def _log(self, what: str) -> None:
        """Logs a line per action, in a file that the test reads."""
        with (self.settings.data / f"{self.spec.name}.log").open("a") as log:
            log.write(what + "\n")


def install(folder: Path, **points: str) -> None:
    """Make `folder` look like one with an installed package that has these entry points (`name="module:SPEC"`)."""
    info = folder / "toy_models-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-models\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[sonicmesh.models]", *lines, ""]))
