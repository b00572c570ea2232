"""`sonicmesh restore FILE`: restores a backup, here or on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.commands.backup import print_contents
from cli.commands.options import AsJson
from contract.errors import InvalidRequest


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `sonicmesh backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the vectors and state.db of this machine.")] = False,
    settings: Annotated[
        bool | None,
        typer.Option("--settings/--no-settings", help="Use or ignore the backup's .env; default: show it and ask."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup while the mesh is stopped. Keeps an existing .env; without one, offers to use the backup's."""
    from cli.backup.load import brought_settings, load
    from cli.backup.progress import bars
    from workers.library.backup.archive import reading
    from workers.library.backup.save import describe

    with reading(file.absolute()) as reader:
        if settings is None:
            settings = _accepted(brought_settings(reader), as_json)
        with bars(quiet=as_json) as shown:
            restored = load(reader, shown, force=force, settings=settings)
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
        output.console.print("the settings came from the backup: check .env, paths may differ on this machine")
    if restored.differing:
        names = ", ".join(restored.differing)
        output.say(f".env was kept; the backup's differs in {names}")
    if restored.settings == "refused":
        output.say("the backup's settings were left out: the mesh runs with defaults until you write an .env")
    output.console.print("start the mesh with `sonicmesh run`")


def _accepted(settings: Mapping[str, str], as_json: bool) -> bool:
    """Ask whether to use the backup's settings: they decide which files are read and where files are written."""
    from workers.library.backup.environment import shown

    if not settings:
        return True
    if as_json:
        raise InvalidRequest(
            "the backup contains an .env, and --json never prompts: add --settings to use it, or --no-settings",
            {"field": "settings", "variables": sorted(settings)},
        )
    output.say("the backup contains these settings:", to=output.errors)
    for variable, value in settings.items():
        output.say(f"  {shown(variable, value)}", to=output.errors)
    return typer.confirm("Use them here (n: restore without them)?", err=True)
