"""`sonicmesh migrate --to URI`: copies the vectors to another store."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.commands.options import AsJson


def migrate(
    to: Annotated[str, typer.Option("--to", help="http://HOST:19530 of a Milvus server, or a folder.")],
    force: Annotated[bool, typer.Option("--force", help="Replace vectors that the other store already has.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy every vector to another store and compare. The store in use stays in use, unchanged."""
    from cli.backup.move import move, place, target_settings
    from cli.backup.progress import bars
    from cli.backup.source import store_settings

    settings = store_settings()
    target = target_settings(settings, to)
    with bars(quiet=as_json) as shown:
        moved = move(settings, target, shown, force=force)
    setting = f"NAVIDROME_MILVUS_URI={place(target)}"
    if as_json:
        models = {m.info.model: {"count": m.info.count, "checksum": m.checksum} for m in moved}
        output.print_json({"from": place(settings), "to": place(target), "models": models, "setting": setting})
        return
    for model in moved:
        line = f"{model.info.model}: {model.info.count} vectors, read back, checksum {model.checksum[:16]}"
        output.say(line)
    output.say(f"now put {setting} into .env, then `sonicmesh stop` and `sonicmesh run`")
    output.console.print("music embedded in the meantime is then embedded again", style="dim")
