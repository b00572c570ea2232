"""`sonicmesh backup FILE`: everything that cannot be made again quickly, in one file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as sonicmesh.backup.")],
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Keep token, keys and passwords in it too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save vectors, jobs, people's settings and .env into FILE, also while the mesh runs."""
    from cli.backup.progress import bars
    from cli.backup.save import save
    from cli.backup.source import store_settings

    with bars(quiet=as_json) as shown:
        manifest = save(store_settings(), file.absolute(), shown, force=force, with_secrets=with_secrets)
    document = {"file": str(file), "bytes": file.stat().st_size, **describe(manifest)}
    if as_json:
        output.print_json(document)
        return
    print_contents(document)
    output.say(f"saved {document['bytes'] / 2**20:.1f} MiB to {file}")
    if not with_secrets:
        output.console.print("token, keys and passwords are not in it (--with-secrets keeps them)", style="dim")


def describe(manifest: Any) -> dict[str, Any]:
    """What is in a backup, as one document."""
    from cli.backup.checkpoints import trained_in

    return {
        "created_at": manifest.created_at,
        "models": {
            m.holding.model: {
                "count": m.holding.count,
                "dimension": m.holding.dimension,
                "generation": m.holding.generation,
                "checksum": m.checksum,
            }
            for m in manifest.models
        },
        "tables": dict(manifest.tables),
        "uploads": manifest.waiting,
        "text": trained_in(manifest.members),
        "secrets": manifest.secrets,
    }


def print_contents(document: dict[str, Any]) -> None:
    """Counts and checksums, one line a model."""
    made = datetime.fromtimestamp(document["created_at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    output.say(f"backup of {made}")
    for model, found in document["models"].items():
        line = f"  {model}: {found['count']} vectors of {found['dimension']}, checksum {found['checksum'][:16]}"
        output.say(line)
    tables = ", ".join(f"{rows} {table}" for table, rows in document["tables"].items())
    output.say(f"  state.db: {tables or 'none'}")
    if document["uploads"]:
        output.say(f"  uploads.db: {document['uploads']} vectors that wait for Navidrome")
    if document["text"]:
        names = ", ".join(document["text"])
        output.say(f"  trained for texts: {names}")
