"""`sonicmesh models`: lists models, fetches their weights, tries them out."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import Annotated, Any

import orjson
import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

from cli import output
from cli.commands.options import AsJson
from contract.errors import Internal, MeshError, ModelUnavailable, error_from_wire
from contract.settings import load_settings
from workers.models.download import download, source, sources
from workers.models.registry import models as known_models
from workers.runtime.settings import WorkerSettings

Model = Annotated[str | None, typer.Argument(help="One model; default: all that fit.")]
Yes = Annotated[bool, typer.Option("--yes", help="I have read the licence and accept it.")]


def list_models(as_json: AsJson = False) -> None:
    """List the models, their dimensions and what their licences allow."""
    enabled = load_settings(WorkerSettings).models
    rows = [
        {
            "name": spec.name,
            "enabled": spec.name in enabled,
            "dimension": spec.dimension,
            "license": spec.license,
            "description": spec.description,
        }
        for spec in known_models().values()
    ]
    if as_json:
        output.print_json(rows)
        return
    for row in rows:
        mark = "enabled" if row["enabled"] else ""
        output.marked(f"{row['name']:<9}", "bold", f" {row['dimension']:>6} {mark:<8} {row['license']}")
        output.say(f"          {row['description']}", style="dim")


def fetch(model: Model = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Download a model's weights to TEXT_EMBEDDING_CHECKPOINT_DIR, after showing their licence."""
    folder = load_settings(WorkerSettings).checkpoints
    names = [model] if model else list(sources())
    if any(source(name).hub for name in names) and importlib.util.find_spec("huggingface_hub") is None:
        raise ModelUnavailable("the models' packages are not installed: run `make models` first")
    fetched: dict[str, list[str]] = {}
    for name in names:
        wanted = source(name)
        output.errors.print(f"{name}: about {_size(wanted.bytes)}. {wanted.license}", soft_wrap=True)
        if not yes and not typer.confirm("Fetch it?", err=True):
            continue
        columns = output.PlainColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
        with Progress(*columns, console=output.errors, disable=as_json) as bar:
            tasks: dict[str, Any] = {}

            def show(file: str, done: int, total: int, bar: Progress = bar, tasks: dict[str, Any] = tasks) -> None:
                if file not in tasks:
                    tasks[file] = bar.add_task(file)
                bar.update(tasks[file], completed=done, total=total or None)

            fetched[name] = [str(path) for path in download(name, folder, show)]
    if as_json:
        output.print_json(fetched)
    for name in fetched if not as_json else ():
        output.say(f"{name} is in {folder}: `sonicmesh models check {name}` tries it out")


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def check(model: Model = None, as_json: AsJson = False) -> None:
    """Load each enabled model (or one), embed a minute of sound and print what that takes. Takes minutes on a CPU."""
    results: dict[str, Any] = {}
    for name in [model] if model else load_settings(WorkerSettings).models:
        try:
            results[name] = _try(name)
        except MeshError as error:
            results[name] = {"error": error.to_wire()}
        if not as_json:
            output.say(_line(name, results[name]))
    if as_json:
        output.print_json(results)
    if any("error" in result for result in results.values()):
        raise typer.Exit(output.FAILED)


def _try(model: str) -> dict[str, Any]:
    """Try a model in a separate process: if it runs out of memory, the command survives."""
    command = [sys.executable, "-m", "workers.models.trial", model]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if not done.stdout.strip():
        raise Internal(f"trying {model} ended with exit code {done.returncode}: too little memory?")
    document = orjson.loads(done.stdout.splitlines()[-1])
    if "error" in document:
        raise error_from_wire(document["error"])
    return dict(document["result"])


def _line(model: str, result: dict[str, Any]) -> str:
    if "error" in result:
        return f"{model}: {result['error']['message']}"
    return (
        f"{model}: {result['dimension']} dimensions on {result['device']}, {result['memory_bytes'] / 1e6:.0f} MB, "
        f"loaded in {result['load_seconds']:.1f} s, {result['seconds_per_track']:.1f} s for a song of four minutes"
    )
