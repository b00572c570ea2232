"""Files that models heard, kept in a folder: a run that was cut short continues, and benches share what they need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from bench.listening import adapter_of
from contract.labels import AudioAnalysis, SoundFacts
from contract.message import plain

#: Writes a file to the path that it gets, or returns the path of one that exists.
Make = Callable[[Path], Path]


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that was heard, what is known of it, the analysis, and the vector [dim]."""

    name: str
    truth: dict[str, Any]
    analysis: AudioAnalysis
    vector: np.ndarray


class Listening:
    """Hears files with a model and keeps vectors and analyses in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hear(self, kind: str, name: str, truth: dict[str, Any], make: Make, model: str) -> Sample:
        """Return the sample, made and heard if it is not kept yet. Raises `MeshError` if it cannot be heard."""
        kept = self.folder / kind / f"{name}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            made = kept.with_suffix(".wav")
            analysis, vector = _heard(make(made), model)
            made.unlink(missing_ok=True)
            whole = kept.with_suffix(".new")
            whole.write_bytes(orjson.dumps({"analysis": plain(analysis), "vector": vector.tolist()}))
            whole.replace(kept)
        data = orjson.loads(kept.read_bytes())
        facts = SoundFacts(**(data["analysis"]["facts"] or {}))
        analysis = AudioAnalysis(**{**data["analysis"], "facts": facts})
        return Sample(name, truth, analysis, np.array(data["vector"], np.float32))


def _heard(path: Path, model: str) -> tuple[AudioAnalysis, np.ndarray]:
    adapter = adapter_of(model)
    recording = adapter.open_audio(path, None)
    vector = adapter.embed_audio([recording])[0]
    if recording.error is not None:
        raise recording.error
    return recording.analysis or AudioAnalysis(), vector
