"""`sonicmesh recommend TRACK|TEXT`: lists tracks that sound like one, or that answer a text."""

from __future__ import annotations

import os
import sys
from pathlib import PurePath
from typing import Annotated, Any

import typer

from broker.client import MeshClient
from cli import output
from cli.commands.options import AsJson
from cli.mesh import connected, find_track, listed, with_labels
from cli.view import print_tracks
from contract.errors import NotFound
from contract.playlist_file import as_m3u
from contract.search import RecommendRequest, Seed
from contract.text import terminal_lines
from contract.track import Track


def recommend(
    wish: Annotated[
        list[str],
        typer.Argument(help="Id, path, or words of title and artist; else what it should sound like, in words."),
    ],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=500)] = 25,
    diversity: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 closest, 1 most varied.")] = 0.0,
    models: Annotated[list[str] | None, typer.Option("--model", help="Model to search; may be repeated.")] = None,
    as_text: Annotated[bool, typer.Option("--text", help="Read it as a text, even if it names a track.")] = False,
    m3u: Annotated[bool, typer.Option("--m3u", help="Print an extended M3U playlist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a playlist of tracks that sound like a track, or that answer a text such as "calm piano, no drums"."""
    words = " ".join(wish)
    with connected() as client:
        seed = None if as_text else _track(client, words)
        start = (
            Seed(track_id="text", source="cli", text=words) if seed is None else Seed(track_id=seed.id, source="cli")
        )
        request = RecommendRequest(limit=limit, seeds=[start], diversity=diversity, models=models or None)
        answer = listed(client, request)
        if as_json:
            answer["tracks"] = with_labels(client, answer["tracks"])
    if as_json:
        output.print_json(({"text": words} if seed is None else {"seed": seed}) | answer)
    elif m3u:
        _print_m3u(answer["tracks"])
    else:
        print_tracks(words if seed is None else f"like {seed.artist} - {seed.title}", answer["tracks"])
    for warning in answer["warnings"]:
        output.note(warning)


def _track(client: MeshClient, words: str) -> Track | None:
    """Return the track that the words name, or None if they name none and must be a text."""
    try:
        return find_track(client, words)
    except NotFound:
        if words.startswith(("/", "./")) or ("/" in words and PurePath(words).suffix):
            raise  # a path; "drum/bass" is a text
        return None


def _print_m3u(tracks: list[dict[str, Any]]) -> None:
    """Print the playlist. Paths go out byte for byte, except to a terminal, which could not display them safely."""
    playlist, left_out = as_m3u(tracks)
    if sys.stdout.isatty():
        playlist = terminal_lines(playlist)
    typer.echo(os.fsencode(playlist), nl=False)
    for path in left_out:
        output.note(f"left out: M3U cannot express a line break in a file name: {path}")
