"""`sonicmesh backup FILE`: saves everything that is slow or impossible to recreate in one file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.follow import run_job
from cli.mesh import connected
from cli.supervisor import NotRunning
from contract.errors import NoWorker
from contract.jobs import BackupOptions


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as sonicmesh.backup.")],
    with_secrets: Annotated[bool, typer.Option("--with-secrets", help="Include token, keys and passwords.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save vectors, jobs, people's settings and .env to FILE, whether the mesh runs or not."""
    document = {
        **_save(BackupOptions(file=str(file.absolute()), force=force, with_secrets=with_secrets), quiet=as_json),
        "file": str(file),
    }
    if as_json:
        output.print_json(document)
        return
    print_contents(document)
    output.say(f"saved {document['bytes'] / 2**20:.1f} MiB to {file}")
    if not with_secrets:
        output.console.print("token, keys and passwords are not in it (--with-secrets includes them)", style="dim")


def _save(options: BackupOptions, *, quiet: bool) -> dict[str, Any]:
    """Make the backup and return its contents; the library worker makes it if the mesh runs."""
    if not options.file.isprintable():  # bytes that are not text cannot be sent
        return _save_here(options, quiet=quiet)
    try:
        with connected() as client:
            return run_job(client, "backup", options, quiet=quiet)
    except (NotRunning, NoWorker):
        return _save_here(options, quiet=quiet)


def _save_here(options: BackupOptions, *, quiet: bool) -> dict[str, Any]:
    from cli.backup.progress import bars
    from cli.backup.save import save
    from cli.backup.source import store_settings
    from workers.library.backup.save import written

    path = Path(options.file)
    with bars(quiet=quiet) as shown:
        manifest = save(store_settings(), path, shown, force=options.force, with_secrets=options.with_secrets)
    return written(path, manifest)


def print_contents(document: dict[str, Any]) -> None:
    """Print counts and checksums, one line per model."""
    made = datetime.fromtimestamp(document["created_at"], UTC).strftime("%Y-%m-%d %H:%M UTC")
    output.say(f"backup of {made}")
    for model, vectors in document["models"].items():
        line = f"  {model}: {vectors['count']} vectors of {vectors['dimension']}, checksum {vectors['checksum'][:16]}"
        output.say(line)
    tables = ", ".join(f"{rows} {table}" for table, rows in document["tables"].items())
    output.say(f"  state.db: {tables or 'none'}")
    if document["uploads"]:
        output.say(f"  uploads.db: {document['uploads']} vectors that wait for Navidrome")
    if document["text"]:
        names = ", ".join(document["text"])
        output.say(f"  trained for texts: {names}")
