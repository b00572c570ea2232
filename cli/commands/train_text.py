"""`sonicmesh train-text MODEL`: teach a model the words of the library's own tags."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Any, Final

import orjson
import typer
from rich.progress import BarColumn, Progress

from broker.client import MeshClient
from cli import output
from cli.commands.options import AsJson
from cli.mesh import CALL_SECONDS, connected
from contract.errors import Internal, MeshError, error_from_wire
from contract.settings import load_settings
from workers.runtime.settings import WorkerSettings

#: What each stage is called where people read it.
STAGES: Final = {
    "tags": "reading tags",
    "vectors": "reading vectors",
    "words": "reading words",
    "learn": "learning",
}


def train_text(
    model: Annotated[
        str | None,
        typer.Argument(help="A model without a text side of its own. Default: the built-in one in service."),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Text encoder: a folder, or a repository on the hub. Default: all-MiniLM-L6-v2.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Teach MODEL what your genres, moods and comments sound like, so that it understands texts."""
    name = model or load_settings(WorkerSettings).built_in
    with connected() as client:
        result = _train(name, encoder, quiet=as_json)
        _use(client, name)
    if as_json:
        output.print_json(result)
    else:
        _print(result)


def _train(model: str, encoder: str | None, *, quiet: bool) -> dict[str, Any]:
    """What the training process measured. Raises the error that it ended with."""
    command = [sys.executable, "-m", "workers.models.training", model]
    if encoder is not None:
        command += ["--encoder", encoder]
    columns = output.PlainColumn("{task.description}"), BarColumn(), output.PlainColumn("{task.percentage:>3.0f} %")
    with (
        Progress(*columns, console=output.errors, transient=True, disable=quiet) as bar,
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,
    ):
        task = bar.add_task("starting", total=None)
        for document in _documents(process):
            if "result" in document:
                return dict(document["result"])
            if "error" in document:
                raise error_from_wire(document["error"])
            stage = STAGES.get(document["stage"], document["stage"])
            bar.update(task, description=stage, completed=document["done"], total=document["total"])
    raise Internal(f"the training process ended with exit code {process.returncode} and without an answer")


def _documents(process: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    """One map a line; what is none was printed by a library."""
    for line in process.stdout or ():
        try:
            document = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(document, dict):
            yield document


def _use(client: MeshClient, model: str) -> None:
    """Workers that run read the new file with the next text: they let go of what they have loaded."""
    workers = client.call("mmi.workers", "mmi.workers", timeout=CALL_SECONDS).result["workers"]
    for worker in workers:
        if worker["service"] == f"embed.{model}":
            try:
                client.call(f"worker.{worker['worker']}", "worker.unload", {"reason": "request"}, timeout=CALL_SECONDS)
            except MeshError as error:
                output.note(f"restart {worker['worker']} ({error.message})")


def _print(result: dict[str, Any]) -> None:
    found = result["held_out"]
    output.console.print(
        f"{result['model']} learned {result['words']} words from {result['tracks']} tracks "
        f"in {result['seconds']:.0f} s: {result['path']}",
        soft_wrap=True,
    )
    output.console.print(
        f"tracks that were kept back are among the first ten for their own tags: {found['at_ten']:.1%} "
        f"(by chance {found['chance_at_ten']:.1%})\n"
        f"of the first ten for a style, so many are of it: {found['styled']:.1%} (by chance "
        f"{found['chance_styled']:.1%})",
        soft_wrap=True,
    )
    if found["at_ten"] < 2 * found["chance_at_ten"] and found["styled"] < 2 * found["chance_styled"]:
        output.note("this is hardly better than chance; more telling tags would help")
