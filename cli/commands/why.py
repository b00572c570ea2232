"""`sonicmesh why TRACK`: what happened to one track in every model, and how long each stage took."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, connected, find_track
from contract.library import LibraryClient, ModelOfTrack, TrackRequest


def why(
    track: Annotated[list[str], typer.Argument(help="Id, path, or words of title and artist.")], as_json: AsJson = False
) -> None:
    """Say whether TRACK is embedded, why not, and where its time went."""
    with connected() as client:
        match = find_track(client, " ".join(track))
        explained = LibraryClient(client).why(TrackRequest(track_id=match.id), timeout=CALL_SECONDS)
    if as_json:
        output.print_json(explained)
        return
    output.say(f"{match.artist} - {match.title}")
    output.say(match.path)
    for model, row in explained.models.items():
        output.say(_line(model, row))


def _line(model: str, row: ModelOfTrack) -> str:
    reason = f": {row.code}, {row.message} (attempt {row.attempts})" if row.code else ""
    stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in (row.seconds or {}).items())
    return f"  {model}: {row.state}{reason}" + (f" ({stages})" if stages else "")
