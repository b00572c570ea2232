"""`sonicmesh scale`: sets how many workers each model has."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.commands.options import AsJson
from cli.programs import MAX_MEMBERS, keep_scale, member_name, read_scale
from cli.supervisor import Supervisor
from contract.errors import InvalidRequest
from contract.settings import load_settings
from workers.folder.opening import open_folder
from workers.runtime.settings import WorkerSettings


def _parse(changes: list[str]) -> dict[str, int]:
    parsed = {}
    for change in changes:
        model, equals, number = change.partition("=")
        if not equals or not number.isdigit():
            raise InvalidRequest(f"{change!r} is not MODEL=NUMBER, as in `sonicmesh scale spectral=2`")
        parsed[model] = int(number)
    return parsed


def scale(
    changes: Annotated[
        list[str] | None, typer.Argument(help="MODEL=NUMBER, as in muq=2; default: show the numbers")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set how many workers a model has, without touching other models. Restarts keep the number."""
    settings = load_settings(WorkerSettings)
    wanted = _parse(changes or [])
    with open_folder(settings.data):
        keep_scale(settings, wanted)
    supervisor = Supervisor(settings)
    if supervisor.running():
        for model, number in wanted.items():
            for n in range(1, MAX_MEMBERS + 1):
                act = supervisor.start if n <= number else supervisor.stop
                act(f"{model}:{member_name(model, n)}")
    now = read_scale(settings, tuple(settings.models)) | wanted
    if as_json:
        output.print_json(now)
        return
    for model, number in now.items():
        output.console.print(f"{model}={number}")
    for model in sorted(set(wanted) - set(settings.models)):
        output.say(f"{model} is not in SONICMESH_MODELS: add it there, or no job uses it", style="yellow")
