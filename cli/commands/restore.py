"""`sonicmesh restore FILE`: put a backup back, here or on another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.commands.backup import describe, print_contents
from cli.commands.options import AsJson


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sonicmesh backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the vectors and the state.db that are here.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back while the mesh stands. An .env that is here stays; without one the backup's is written."""
    from cli.backup.archive import reading
    from cli.backup.load import load
    from cli.backup.progress import bars

    with reading(file.absolute()) as reader, bars(quiet=as_json) as shown:
        restored = load(reader, shown, force=force)
        document = describe(reader.manifest)
    document |= {
        "data": str(restored.data),
        "store": restored.store,
        "settings": restored.settings,
        "differing": list(restored.differing),
    }
    if as_json:
        output.print_json(document)
        return
    print_contents(document)
    output.say(f"restored to {restored.store}; every vector was read back")
    if restored.settings == "written":
        output.console.print("the settings came from the backup: look through .env, paths may differ here")
    if restored.differing:
        names = ", ".join(restored.differing)
        output.say(f".env stayed; the backup's differs in {names}")
    output.console.print("start the mesh with `sonicmesh run`")
