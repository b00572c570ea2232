"""`python -m demo FOLDER`: builds the demo library and prints what it contains."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import demo


def main(folder: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """Build the demo library in FOLDER."""
    console = Console(markup=False, emoji=False)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("making music")
        library = demo.build(folder, progress=lambda done, total: bar.update(task, completed=done, total=total))
    table = Table("style", "tracks", "minutes", "artists")
    for style in dict.fromkeys(track.style for track in library.tracks):
        tracks = [track for track in library.tracks if track.style == style]
        minutes = sum(track.duration for track in tracks) / 60
        artists = ", ".join(dict.fromkeys(track.artist for track in tracks))
        table.add_row(style or "(no music)", str(len(tracks)), f"{minutes:.1f}", artists)
    console.print(table)
    console.print(f"{len(library.tracks)} tracks; NAVIDROME_DB_PATH={library.database}", soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
