"""Vectors that wait: durable, dropped after a day, recreated if their file is broken."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contract.errors import StoreUnavailable
from workers.library.uploads.waiting_vectors import KEEP_SECONDS, WaitingVector, WaitingVectors

ONE = WaitingVector("audio-1", "muq", "muq-1", 2, b"\0" * 8, 12.5, "truncated_audio", "it ends early", 1000.0)


def test_what_waits_is_there_after_a_restart(tmp_path: Path) -> None:
    # Given
    waiting = WaitingVectors(tmp_path)
    waiting.put(replace(ONE, vector=b"older..."))
    waiting.put(ONE)
    waiting.put(replace(ONE, model="mert", at=2000.0))
    waiting.close()
    # When
    again = WaitingVectors(tmp_path)
    # Then
    assert again.get("audio-1", "muq") == ONE
    assert again.get("audio-1", "muq", "muq-1") == ONE
    assert again.get("audio-1", "muq", "muq-2") is None  # another version of the model
    assert again.get("audio-2", "muq") is None
    assert again.all() == [("audio-1", "muq", 12.5), ("audio-1", "mert", 12.5)]
    again.forget("audio-1", "muq")
    assert again.all() == [("audio-1", "mert", 12.5)]


def test_a_day_is_enough(tmp_path: Path) -> None:
    waiting = WaitingVectors(tmp_path)
    now = time.time()
    waiting.put(replace(ONE, at=now - KEEP_SECONDS - 1))
    waiting.put(replace(ONE, audio_id="audio-2", at=now - KEEP_SECONDS + 60))
    waiting.expire(now)
    assert [audio_id for audio_id, _, _ in waiting.all()] == ["audio-2"]


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "uploads.db").write_bytes(b"no database " * 1000)
    waiting = WaitingVectors(tmp_path)
    waiting.put(ONE)
    assert waiting.get("audio-1", "muq") == ONE


def test_a_file_that_cannot_be_opened_now_is_kept(tmp_path: Path) -> None:
    # Given a vector that waits, and another program that holds the file for a while
    waiting = WaitingVectors(tmp_path)
    waiting.put(ONE)
    waiting.close()
    with closing(sqlite3.connect(tmp_path / "uploads.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("UPDATE waiting SET at = at")
        # Then it is no broken file
        with pytest.raises(StoreUnavailable, match="cannot be opened now"):
            WaitingVectors(tmp_path)
    assert WaitingVectors(tmp_path).get("audio-1", "muq") == ONE
