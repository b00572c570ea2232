"""`sonicmesh setup`: the first run in a terminal, as the page at `/` has it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.commands.options import AsJson
from cli.commands.run import print_summary, run_mesh, summary_document
from cli.setup import telling
from cli.setup.applying import DATABASE, apply, restart
from cli.setup.asking import library
from cli.setup.checking import WINNERS, pairs_of
from cli.setup.costs import cost, models
from contract.errors import Conflict, MeshError
from contract.message import plain
from contract.settings import DatabaseSettings, home, load_settings
from contract.settings_file import origin
from contract.setup import ApplyRequest, CheckRequest, CostRequest, ModelCost, SetupCheck
from gateway.settings import GatewaySettings
from gateway.setup.code import forget_code, make_code
from gateway.setup.state import is_set_up


def setup(
    database: Annotated[str, typer.Option(help="Navidrome's navidrome.db; default: look for it")] = "",
    path_map: Annotated[
        str, typer.Option(help="/music=/mnt/a,/archive=/mnt/b; default: what ten files of the library show")
    ] = "",
    navidrome_url: Annotated[str, typer.Option(help="Navidrome's address; default: look for it")] = "",
    with_models: Annotated[str, typer.Option("--models", help="models, separated by commas; default: fusion")] = "",
    measure: Annotated[bool, typer.Option(help="Measure what the models cost, on five tracks.")] = True,
    install_plugin: Annotated[
        bool, typer.Option("--install-plugin", help="Copy the plugin into the plugin folder that was mounted for it.")
    ] = False,
    start: Annotated[bool, typer.Option(help="Start the mesh with these settings, or restart it.")] = True,
    wait: Annotated[bool, typer.Option(help="Follow the job that embeds the library.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is proposed.")] = False,
    code: Annotated[bool, typer.Option("--code", help="Print the one-time code of the page at /, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find the library, try its files, measure the models, write the settings, start, print a first playlist.

    Works while the mesh runs and while it does not. With --json it asks nothing.
    """
    if code:
        _print_code(as_json)
        return
    _check_origin()
    asks = not (yes or as_json)
    request = CheckRequest(database=database, path_map=pairs_of(path_map), navidrome_url=navidrome_url)
    checked = library(request, asks=asks)
    if not as_json:
        telling.checked(checked)
    wanted = [name.strip() for name in with_models.split(",") if name.strip()]
    costs = _costs(checked, wanted, measure, quiet=as_json)
    if asks:
        typer.confirm("Write these settings and start?" if start else "Write these settings?", default=True, abort=True)
    before = load_settings(DatabaseSettings).database
    applied = apply(
        ApplyRequest(
            database=checked.database,
            path_map=checked.path_map,
            navidrome_url=checked.navidrome_url,
            models=wanted,
            install_plugin=install_plugin,
        )
    )
    forget_code(load_settings(GatewaySettings).data)
    document: dict[str, Any] = {"check": plain(checked), "costs": plain(costs), "applied": plain(applied)}
    if not as_json:
        telling.applied(applied)
    if start:
        if applied.restarting:
            restart(other_library=before != Path(checked.database))
        document["run"] = _started(wait=wait, as_json=as_json)
    if as_json:
        output.print_json(document)


def _print_code(as_json: bool) -> None:
    settings = load_settings(GatewaySettings)
    if is_set_up(settings):
        raise Conflict("the mesh is set up, so there is no code")
    code = make_code(settings.data)
    if as_json:
        output.print_json({"code": code})
    else:
        output.say(code)


def _check_origin() -> None:
    """Raise `Conflict` if the database is named where the first run cannot change it."""
    where = WINNERS.get(origin(home(), DATABASE))
    if where is not None:
        now = load_settings(DatabaseSettings).database
        raise Conflict(f"the mesh is set up: {DATABASE} is {now} in {where}; change it there")


def _costs(checked: SetupCheck, wanted: list[str], measure: bool, *, quiet: bool) -> list[ModelCost]:
    """Show the models; measure those wanted, else the default ones."""
    known = models()
    names = wanted or [each.name for each in known.models if each.default]
    if not quiet:
        telling.models(known)
    found = []
    for name in names if measure else ():
        try:
            measured = cost(CostRequest(database=checked.database, path_map=checked.path_map, model=name))
        except MeshError as error:
            output.note(f"{name} could not be measured: {error.message}")
            continue
        found.append(measured)
        if not quiet:
            telling.cost(measured, known.memory_bytes)
    return found


def _started(*, wait: bool, as_json: bool) -> dict[str, Any]:
    summary = run_mesh(wait=wait, as_json=as_json)
    if not as_json:
        print_summary(summary)
    return summary_document(summary)
