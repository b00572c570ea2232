"""`sonicmesh labels TRACK`: what is heard in a track. `sonicmesh labels nsp FOLDER`: labels as smart playlists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, connected, find_track
from cli.smart_playlists import SmartPlaylist, smart_playlists, write
from contract.errors import InvalidRequest
from contract.labels import LabelledTrack, SoundFacts, TrackLabel
from contract.library import LibraryClient, TracksRequest

#: The word that makes `labels` write smart playlists.
NSP = "nsp"


def labels(
    track: Annotated[
        list[str], typer.Argument(help="Id, path, or words of title and artist; or `nsp FOLDER` for smart playlists.")
    ],
    write_files: Annotated[
        bool, typer.Option("--write", help="With nsp: write the files; without it, only say what would be written.")
    ] = False,
    least: Annotated[int, typer.Option("--least", min=1, help="With nsp: fewest tracks of a playlist.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Print the labels of TRACK and the facts about its sound, or write labels as smart playlists into a folder."""
    if track[0] == NSP and len(track) == 2:
        _smart_playlists(Path(track[1]), write_files=write_files, least=least, as_json=as_json)
        return
    with connected() as client:
        match = find_track(client, " ".join(track))
        found = LibraryClient(client).labels(TracksRequest(track_ids=[match.id]), timeout=CALL_SECONDS).tracks[0]
    if as_json:
        output.print_json(found)
        return
    output.say(f"{match.artist} - {match.title}")
    for line in lines(found):
        output.say(line)


def lines(found: LabelledTrack) -> list[str]:
    """Return the labels, then the facts, for people."""
    if not found.labels and found.facts == SoundFacts():
        return ["  not heard yet: `sonicmesh jobs` shows whether a job is labelling the library"]
    return [*map(_label, found.labels), *_facts(found.facts)]


def _label(label: TrackLabel) -> str:
    return (
        f"  {label.score:4.2f}  {label.name} ({label.kind}{', unmeasured' if label.accuracy == 'unmeasured' else ''})"
    )


def _facts(facts: SoundFacts) -> list[str]:
    shown = (
        ("tempo", facts.bpm, "{:.0f} BPM", facts.bpm_confidence),
        ("key", facts.key, "{}", facts.key_confidence),
        ("loudness", facts.loudness_lufs, "{:.1f} LUFS", None),
        ("dynamic range", facts.dynamic_range, "{:.1f} LU", None),
        ("energy", facts.energy, "{:.2f}", None),
        ("vocals", facts.vocals, "{:.2f}", None),
        ("speech", facts.speech, "{:.2f}", None),
    )
    return [
        f"  {name}: {form.format(value)}" + ("" if sure is None else f" ({sure:.0%} sure)")
        for name, value, form, sure in shown
        if value is not None
    ]


def _smart_playlists(folder: Path, *, write_files: bool, least: int, as_json: bool) -> None:
    if write_files and not folder.is_dir():
        raise InvalidRequest(f"{folder} is not a folder", {"field": "folder"})
    with connected() as client:
        made = smart_playlists(LibraryClient(client), least)
    written = write(folder, made) if write_files else []
    if as_json:
        output.print_json({"written": [str(path) for path in written], "playlists": [_told(one) for one in made]})
        return
    for one in made:
        verb = "wrote" if write_files else "would write"
        output.say(f"{verb} {folder / one.file_name}: {len(one.files)} tracks")
    if not write_files:
        output.say("Nothing was written; --write writes the files. Navidrome imports them with its next scan.")


def _told(one: SmartPlaylist) -> dict[str, object]:
    return {"file": one.file_name, "name": one.name, "tracks": len(one.files)}
