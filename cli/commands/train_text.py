"""`sonicmesh train-text MODEL`: teaches a model the words of the library's own tags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.follow import run_job
from cli.mesh import connected
from contract.jobs import TrainOptions
from contract.settings import load_settings
from workers.runtime.settings import WorkerSettings


def train_text(
    model: Annotated[
        str | None, typer.Argument(help="A model without its own text side. Default: the built-in model in service.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Text encoder: a folder, or a repository on the hub. Default: all-MiniLM-L6-v2.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Teach MODEL what your genres, moods and comments sound like, so that it understands texts."""
    if encoder is not None and Path(encoder).is_dir():
        encoder = str(Path(encoder).absolute())  # the worker has another working directory
    options = TrainOptions(model=model or load_settings(WorkerSettings).built_in, encoder=encoder)
    with connected() as client:
        result = run_job(client, "train_text", options, quiet=as_json)
    for worker in result.pop("restart", ()):
        output.note(f"restart {worker}")
    if as_json:
        output.print_json(result)
    else:
        _print(result)


def _print(result: dict[str, Any]) -> None:
    recall = result["held_out"]
    output.console.print(
        f"{result['model']} learned {result['words']} words from {result['tracks']} tracks "
        f"in {result['seconds']:.0f} s: {result['path']}",
        soft_wrap=True,
    )
    output.console.print(
        f"held-out tracks found among the first ten for their own tags: {recall['at_ten']:.1%} "
        f"(by chance {recall['chance_at_ten']:.1%})\n"
        f"share of a style's first ten that have the style: {recall['styled']:.1%} (by chance "
        f"{recall['chance_styled']:.1%})",
        soft_wrap=True,
    )
    output.console.print(
        f"the same, read by words without training: {result['styled_by_words']:.1%}; texts are read "
        f"{'with the trained projection' if result['used'] else 'by words, which finds more'}",
        soft_wrap=True,
    )
    if recall["at_ten"] < 2 * recall["chance_at_ten"] and recall["styled"] < 2 * recall["chance_styled"]:
        output.note("this is hardly better than chance; more specific tags would help")
