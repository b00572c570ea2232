"""`sonicmesh why TRACK`: what became of one track in every model, and how long each stage took."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.mesh import connected, find_track, library


def why(
    track: Annotated[list[str], typer.Argument(help="Id, path, or words of title and artist.")], as_json: AsJson = False
) -> None:
    """Say whether TRACK is embedded, why not, and where its time went."""
    with connected() as client:
        found = find_track(client, " ".join(track))
        told = library(client, "tracks.why", {"track_id": found["id"]})
    if as_json:
        output.print_json(told)
        return
    output.say(f"{found['artist']} - {found['title']}")
    output.say(str(found["path"]))
    for model, row in told["models"].items():
        output.say(_line(model, row))


def _line(model: str, row: dict[str, Any]) -> str:
    reason = f": {row['code']}, {row['message']} (attempt {row['attempts']})" if row.get("code") else ""
    stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in (row.get("seconds") or {}).items())
    return f"  {model}: {row['state']}{reason}" + (f" ({stages})" if stages else "")
