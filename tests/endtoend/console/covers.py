"""Covers for pictures of the console: shapes in two colours, the same for an album each time."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

SIZE = 300


def write_covers(music: Path) -> None:
    """Put a cover into every folder that has tracks."""
    for folder in {path.parent for path in music.rglob("*") if path.is_file()}:
        (folder / "cover.png").write_bytes(cover(folder.relative_to(music).as_posix()))


def cover(name: str) -> bytes:
    """A PNG of `SIZE` x `SIZE`."""
    chance = np.random.default_rng(list(name.encode()))
    first, second, third = (colour(chance) for _ in range(3))
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    picture = first + (second - first) * y[..., None]
    for _ in range(chance.integers(2, 5)):
        centre, radius = chance.uniform(0.1, 0.9, 2), chance.uniform(0.12, 0.4)
        distance = np.hypot(x - centre[0], y - centre[1])
        inside = (distance < radius) & ((distance * 40).astype(int) % 2 == 0 if chance.random() < 0.4 else True)
        picture = np.where(inside[..., None], third * chance.uniform(0.7, 1.1), picture)
    hill = y > chance.uniform(0.55, 0.8) + 0.08 * np.sin(x * chance.uniform(4, 14) + chance.uniform(0, 6))
    picture = np.where(hill[..., None], second * 0.55, picture)
    return png(np.clip(picture, 0, 255).astype(np.uint8))


def colour(chance: np.random.Generator) -> np.ndarray:
    hue, depth = chance.uniform(0, 2 * np.pi), chance.uniform(70, 190)
    return depth + 60 * np.cos(hue + np.array([0.0, 2.1, 4.2]))


def png(pixels: np.ndarray) -> bytes:
    """Rows of RGB as a file."""
    height, width = pixels.shape[:2]
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
