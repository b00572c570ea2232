"""Audio ids, which show whether two files hold the same audio, whatever their tags say."""

from __future__ import annotations

import hashlib
from typing import Final

import av

from contract.errors import DecodeFailed, EmptyAudio
from workers.audio.ffmpeg import first_audio, open_container
from workers.audio.files import UNKNOWN_FORMAT, Path, check_file, display, refused
from workers.audio.sndfile import read_short
from workers.audio.source import AudioFile

#: Bytes in an id, which is written as twice as many hexadecimal digits.
ID_BYTES: Final = 16
#: Packets are joined to this many bytes before hashing, so that hashing runs outside the GIL.
CHUNK_BYTES: Final = 1 << 20


def audio_id(path: Path) -> str:
    """Return 32 hexadecimal digits: BLAKE2b over the demuxed packets of the first audio stream.

    Tags and cover art do not count; other encodings of the same music have other ids. If FFmpeg has no demuxer for
    the file, the hash covers the decoded samples. Raises `FileMissing`, `FileUnreadable`, `EmptyAudio`, `DecodeFailed`.
    """
    absolute = check_file(path)
    try:
        return _of_packets(absolute)
    except DecodeFailed as error:
        return _of_samples(absolute, error)


def _of_packets(path: str) -> str:
    digest = hashlib.blake2b(digest_size=ID_BYTES, person=b"packets")
    pending, size, total = [], 0, 0
    with AudioFile(path) as source, open_container(source) as container:
        try:
            for packet in container.demux(first_audio(container)):
                if not packet.size:
                    continue
                pending.append(bytes(packet))
                size += packet.size
                if size >= CHUNK_BYTES:
                    digest.update(b"".join(pending))
                    pending, total, size = [], total + size, 0
        except av.FFmpegError:
            pass  # a file that breaks off counts as what came before
    digest.update(b"".join(pending))
    if not total + size:
        raise DecodeFailed(f"FFmpeg: {UNKNOWN_FORMAT}")  # FFmpeg chose the demuxer by the file's suffix only
    return digest.hexdigest()


def _of_samples(path: str, ffmpeg: DecodeFailed) -> str:
    """Hash 16-bit samples, because floating-point decoders may differ in the last digits between builds."""
    digest = hashlib.blake2b(digest_size=ID_BYTES, person=b"samples")
    frames = 0
    try:
        for block in read_short(path):
            digest.update(block.tobytes())
            frames += len(block)
    except DecodeFailed as error:
        if not frames:
            raise refused(path, [ffmpeg.message, error.message]) from None
    if not frames:
        raise EmptyAudio(f"no samples in {display(path)}")
    return digest.hexdigest()
