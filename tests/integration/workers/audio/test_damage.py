"""Damaged and strange files give sound or one of the errors of a track, never an internal error."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from contract.errors import DecodeFailed, MeshError
from tests.harness.audio_files import KINDS, stereo, tone, write
from workers.audio.decode import load
from workers.audio.identity import audio_id

#: Damaged copies of each file, and bytes from its start in which most damage is done.
COPIES = 25
HEAD = 600


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_bytes(tmp_path: Path, kind: str) -> None:
    whole = write(tmp_path / f"whole.{kind}", stereo(0.5)).read_bytes()
    path = tmp_path / f"damaged.{kind}"
    chance = random.Random(kind)
    for _ in range(COPIES):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 4, 20))):
            data[chance.randrange(min(HEAD, len(data)))] = chance.randrange(256)
        path.write_bytes(data)
        for read in (lambda: load(path, 24000, 1, 0.5), lambda: audio_id(path)):
            try:
                read()
            except MeshError as error:
                assert error.code in {"decode_failed", "empty_audio", "silent_audio"}, error


def test_a_codec_that_nobody_has(tmp_path: Path) -> None:
    # Given a file of a known container with a codec of the future
    path = tmp_path / "song.mka"
    samples = stereo(0.5)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("flac", rate=48000, layout="stereo")
        whole = np.ascontiguousarray((samples * 32767).astype(np.int16).reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48000, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert load(path, 24000).duration > 0.4
    path.write_bytes(path.read_bytes().replace(b"A_FLAC", b"A_XYZ9"))
    # Then
    for read in (lambda: load(path, 24000), lambda: audio_id(path)):
        with pytest.raises(DecodeFailed, match="no decoder for the codec"):
            read()


@pytest.mark.parametrize(("place", "value"), [(8, 255), (9, 0), (18, 255)])
def test_a_broken_opus_header(tmp_path: Path, place: int, value: int) -> None:
    """Version, number of channels, their mapping."""
    path = write(tmp_path / "song.opus", tone(0.5))
    data = bytearray(path.read_bytes())
    data[data.index(b"OpusHead") + place] = value
    path.write_bytes(data)
    for read in (lambda: load(path, 24000), lambda: audio_id(path)):
        with pytest.raises(DecodeFailed):
            read()
