"""The schema of `state.db`, as a list of migrations: number n takes a database from version n to n + 1."""

from __future__ import annotations

import sqlite3
from typing import Final

from contract.errors import Conflict

MIGRATIONS: Final = (
    """
    CREATE TABLE library (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, last_scan_at REAL
    );
    -- Tracks of Navidrome that were seen. stamp: changes with the file; tags: with what the store keeps of a row;
    -- audio_id counts only while audio_stamp = stamp; vanished_at: unix seconds, NULL while the file is there.
    CREATE TABLE track (
        id TEXT PRIMARY KEY, library_id INTEGER NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL,
        artist TEXT NOT NULL, artist_id TEXT NOT NULL, album TEXT NOT NULL, album_id TEXT NOT NULL,
        duration REAL NOT NULL, stamp TEXT NOT NULL, tags TEXT NOT NULL, words TEXT NOT NULL,
        audio_id TEXT NOT NULL DEFAULT '', audio_stamp TEXT NOT NULL DEFAULT '', vanished_at REAL
    ) WITHOUT ROWID;
    CREATE INDEX track_path ON track (library_id, path);
    CREATE INDEX track_duration ON track (duration, id);
    CREATE INDEX track_vanished ON track (vanished_at) WHERE vanished_at IS NOT NULL;
    -- One row per track, model and generation. stamp, tags, audio_id and model_id say what the stored vector was
    -- made of; they stay while a row is pending again. stages: JSON, seconds by stage.
    CREATE TABLE ledger (
        model TEXT NOT NULL, generation TEXT NOT NULL, track_id TEXT NOT NULL, state TEXT NOT NULL,
        code TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,
        model_id TEXT NOT NULL DEFAULT '', audio_id TEXT NOT NULL DEFAULT '', stamp TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '', warning TEXT NOT NULL DEFAULT '', warning_message TEXT NOT NULL DEFAULT '',
        stages TEXT NOT NULL DEFAULT '{}', job_id TEXT NOT NULL DEFAULT '', updated_at REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (model, generation, track_id)
    ) WITHOUT ROWID;
    CREATE INDEX ledger_audio ON ledger (model, generation, audio_id);
    CREATE INDEX ledger_job ON ledger (job_id, model, state);
    CREATE INDEX ledger_track ON ledger (track_id);
    -- generation: the one in service ('' : the store's first); speed: seconds of music per second of work.
    CREATE TABLE model (
        name TEXT PRIMARY KEY, generation TEXT NOT NULL DEFAULT '', model_id TEXT NOT NULL DEFAULT '',
        speed REAL NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE job (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
        options TEXT NOT NULL, created_at REAL NOT NULL, started_at REAL, ended_at REAL,
        message TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT '{}'
    );
    -- phase: planned, switching, through; previous: the generation that was in service before;
    -- seconds: of work, without pauses; music: seconds of audio.
    CREATE TABLE job_model (
        job_id TEXT NOT NULL, model TEXT NOT NULL, generation TEXT NOT NULL, phase TEXT NOT NULL,
        previous TEXT NOT NULL DEFAULT '', seconds REAL NOT NULL DEFAULT 0, music REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (job_id, model)
    ) WITHOUT ROWID;
    -- Ids that Navidrome changed: what was kept under the old one is the new one's. done: the store has followed.
    CREATE TABLE adoption (
        old_id TEXT PRIMARY KEY, new_id TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL,
        done INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX adoption_open ON adoption (done) WHERE done = 0;
    CREATE TABLE person (id TEXT PRIMARY KEY, user_name TEXT NOT NULL) WITHOUT ROWID;
    """,
    """
    -- Settings of people. chosen: JSON of what they chose; what they did not has its default.
    CREATE TABLE preference (
        user_id TEXT PRIMARY KEY, user_name TEXT NOT NULL, chosen TEXT NOT NULL, updated_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX preference_name ON preference (user_name);
    """,
    """
    CREATE INDEX track_audio ON track (audio_id) WHERE audio_id <> '';
    """,
    """
    -- What a job does; each kind has options of its own.
    ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'embed';
    """,
    """
    -- What is heard in a recording, by its audio. scores: a raw score per label as float16, NULL without taggers, of
    -- `version` of the vocabulary; exact: 0 if they come from a stored vector; facts: float32 per fact, NULL
    -- until the signal was heard; attempts: failures to hear it; revision: rises with every change of the table.
    CREATE TABLE heard (
        audio_id TEXT PRIMARY KEY, version INTEGER NOT NULL DEFAULT 0, scores BLOB, exact INTEGER NOT NULL DEFAULT 0,
        facts BLOB, attempts INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX heard_revision ON heard (revision);
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest version. Raises `Conflict` if a newer release of Sonic Mesh wrote it."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise Conflict(
            f"state.db has version {version}, this release supports up to {len(MIGRATIONS)}: update Sonic Mesh"
        )
    for number in range(version, len(MIGRATIONS)):
        script = f"BEGIN IMMEDIATE;{MIGRATIONS[number]};PRAGMA user_version = {number + 1};COMMIT;"
        connection.executescript(script)
