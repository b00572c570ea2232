"""`sonicmesh`: run, query and control the mesh."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.commands import (
    backup,
    config,
    doctor,
    embed,
    export,
    jobs,
    labels,
    members,
    migrate,
    models,
    plugin,
    recommend,
    restore,
    run,
    serve,
    service,
    setup,
    status,
    stop,
    train_text,
    watch,
    why,
)
from cli.supervisor import NotRunning
from cli.upgrade import versions
from contract.errors import Internal, MeshError
from contract.private import private_files
from contract.settings import SettingsError

app = typer.Typer(
    name="sonicmesh",
    help="A recommendation server for Navidrome: it listens to your library once, then finds what sounds alike.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 the mesh is not running, 4 it is not ready.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _boundary(command: Callable[..., None]) -> Callable[..., None]:
    """Wrap a command so that errors end it with one line and an exit code, never with a traceback."""

    @functools.wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        private_files()
        as_json = bool(options.get("as_json"))
        try:
            command(*args, **options)
        except SettingsError as error:
            output.fail(error.message, output.USAGE, as_json=as_json, error="settings")
        except MeshError as error:
            if isinstance(error, NotRunning):
                output.fail(error.message, output.NOT_RUNNING, as_json=as_json, error=error.code)
            output.fail_with(error, as_json=as_json)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  the boundary: a bug, or a malformed answer
            output.fail(_defect(error), output.FAILED, as_json=as_json, error=Internal.code)

    guarded.__signature__ = inspect.signature(command, eval_str=True)  # type: ignore[attr-defined]  # for typer
    return guarded


def _defect(error: Exception) -> str:
    """Describe an unexpected error and where it happened, on one line."""
    *_, last = traceback.extract_tb(error.__traceback__)
    where = f"{Path(last.filename).name}:{last.lineno}"
    return f"this command failed unexpectedly ({type(error).__name__} in {where}: {error}); please report it"


def _print_versions(wanted: bool) -> None:
    if wanted:
        typer.echo(versions())
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_versions, is_eager=True, help="Print the versions and exit.")
    ] = False,
) -> None:
    """A recommendation server for Navidrome: it listens to your library once, then finds what sounds alike."""


for _command in (
    setup.setup,
    run.run,
    serve.serve,
    stop.stop,
    status.status,
    embed.embed,
    watch.watch,
    jobs.jobs,
    recommend.recommend,
    why.why,
    labels.labels,
    export.export,
    members.scale,
    train_text.train_text,
    backup.backup,
    restore.restore,
    migrate.migrate,
    doctor.doctor,
    config.config,
):
    app.command()(_boundary(_command))

_plugin = typer.Typer(name="plugin", help="The plugin for Navidrome.", no_args_is_help=True)
_plugin.command()(_boundary(plugin.install))
_plugin.command()(_boundary(plugin.remove_mixes))
app.add_typer(_plugin)

_service = typer.Typer(name="service", help="The mesh as a service of systemd.", no_args_is_help=True)
_service.command()(_boundary(service.install))
_service.command()(_boundary(service.remove))
app.add_typer(_service)

_job = typer.Typer(name="job", help="Control the job of a kind.", no_args_is_help=True)
for _steering in (jobs.start, jobs.pause, jobs.resume, jobs.cancel):
    _job.command()(_boundary(_steering))
app.add_typer(_job)

_models = typer.Typer(name="models", help="The models: list them, fetch weights, try them out.", no_args_is_help=True)
_models.command("list")(_boundary(models.list_models))
_models.command("download")(_boundary(models.fetch))
_models.command("check")(_boundary(models.check))
app.add_typer(_models)

if __name__ == "__main__":
    app()
