"""The recommender fork's upload page, through the socket that it looks for."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from tests.endtoend.navidrome.binaries import recorded_music
from tests.endtoend.navidrome.fork import Fork
from tests.endtoend.navidrome.judging import default_model, embedded
from tests.endtoend.navidrome.server import Refusal
from tests.endtoend.navidrome.town import FOLLOW_S
from tests.harness.cues import noise, save, sheet
from tests.harness.waiting import eventually


def test_a_new_file_is_stored_and_can_be_asked_for(fork: Fork) -> None:
    # When
    answer = fork.upload({"added.ogg": (recorded_music() / "changed-files/added-1.ogg").read_bytes()})
    # Then
    assert (answer["status"], answer["duplicates"], answer["copied"]) == ("ok", [], True)
    fork.town.navidrome.scan()
    song = fork.town.song("added.ogg")
    model = default_model(fork.mesh)
    eventually(lambda: song in embedded(fork.mesh, model), seconds=FOLLOW_S)
    shown, _ = fork.ask("custom", songIds=[song])
    assert shown["trackIds"]
    assert song not in shown["trackIds"]


@pytest.mark.parametrize("settings", [{}, {"similaritySearchEnabled": "true", "dedupThreshold": "0.85"}])
def test_a_duplicate_is_told_and_not_stored(fork: Fork, settings: dict[str, str]) -> None:
    origin = fork.town.music / "The Rusty Gates/Back Lane/01 - First Gate.mp3"
    answer = fork.upload({"found.mp3": origin.read_bytes()}, **settings)
    assert (answer["allDuplicates"], answer["copied"]) == (True, False)
    assert answer["duplicates"][0] == "The Rusty Gates - First Gate"
    assert not (fork.town.music / "found.mp3").exists()


def test_a_whole_album_with_its_sheet_becomes_tracks(fork: Fork, tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.flac", noise(9.0))
    text = sheet("00:00:00", "00:03:00", "00:06:00", file="whole.flac").encode()
    # When
    answer = fork.upload({"whole.flac": whole.read_bytes(), "whole.cue": text})
    # Then the parts are in the music folder, and are the whole
    names = [part["destName"] for part in answer["splitFiles"]]
    assert names == ["01 - Room 1.flac", "02 - Room 2.flac", "03 - Room 3.flac"]
    frames = [soundfile.info(fork.town.music / name).frames for name in names]
    assert sum(frames) == soundfile.info(whole).frames
    # And Navidrome finds them with the sheet's tags
    fork.town.navidrome.scan()
    added = {song["title"]: song for song in fork.town.admin.songs() if song["path"] in names}
    assert set(added) == {"Room 1", "Room 2", "Room 3"}
    assert {song["artist"] for song in added.values()} == {"Nordlys Trio"}
    model = default_model(fork.mesh)
    eventually(lambda: {song["id"] for song in added.values()} <= embedded(fork.mesh, model).keys(), seconds=FOLLOW_S)


def test_a_text_file_is_refused_and_not_stored(fork: Fork) -> None:
    with pytest.raises(Refusal) as refused:
        fork.upload({"text.mp3": b"no music at all\n" * 99})
    body = refused.value.body
    assert (body["status"], body["code"], body["copied"]) == ("error", "decode_failed", False)
    assert not (fork.town.music / "text.mp3").exists()


def test_only_admins_upload(fork: Fork) -> None:
    kept = fork.town.navidrome.people["admin"]
    fork.town.navidrome.people["admin"] = fork.alice
    try:
        with pytest.raises(Refusal) as refused:
            fork.upload({"text.mp3": b"x"})
    finally:
        fork.town.navidrome.people["admin"] = kept
    assert refused.value.status in {401, 403}
