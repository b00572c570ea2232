"""`sonicmesh recommend TRACK`: lists tracks that sound like one."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import connected, find_track, similar
from cli.view import print_tracks
from contract.playlist_file import as_m3u
from contract.text import terminal_lines


def recommend(
    track: Annotated[list[str], typer.Argument(help="Id, path, or words of title and artist.")],
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, max=500)] = 25,
    diversity: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 closest, 1 most varied.")] = 0.0,
    models: Annotated[list[str] | None, typer.Option("--model", help="Model to search; may be repeated.")] = None,
    m3u: Annotated[bool, typer.Option("--m3u", help="Print an extended M3U playlist.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a playlist of tracks that sound like TRACK."""
    with connected() as client:
        seed = find_track(client, " ".join(track))
        answer = similar(client, [seed.id], limit, diversity=diversity, models=models or None)
    if as_json:
        output.print_json({"seed": seed, **answer})
    elif m3u:
        _print_m3u(answer["tracks"])
    else:
        print_tracks(f"like {seed.artist} - {seed.title}", answer["tracks"])
    for warning in answer["warnings"]:
        output.note(warning)


def _print_m3u(tracks: list[dict[str, Any]]) -> None:
    """Print the playlist. Paths go out byte for byte, except to a terminal, which could not display them safely."""
    playlist, left_out = as_m3u(tracks)
    if sys.stdout.isatty():
        playlist = terminal_lines(playlist)
    typer.echo(os.fsencode(playlist), nl=False)
    for path in left_out:
        output.note(f"left out: M3U cannot express a line break in a file name: {path}")
