"""`sonicmesh plugin`: installs the plugin in Navidrome, and removes the playlists that it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cli import output
from cli.commands.options import AsJson
from cli.navidrome import Navidrome, Playlist, Refused
from cli.plugin_folder import NAME, place
from cli.plugin_package import package
from contract.errors import Forbidden, InvalidRequest
from contract.settings import load_settings
from gateway.settings import GatewaySettings
from plugin.build import BuildFailed

#: Text in the comment of every mix.
MARK: Final = "[sonicmesh:"
NEXT: Final = """\
1. Navidrome runs with ND_PLUGINS_ENABLED=true, and with ND_AGENTS=sonicmesh (before others, such as
   ND_AGENTS=sonicmesh,lastfm) for Instant Mix and similar artists. Restart it after a change.
2. In Navidrome, as an admin: Settings -> Plugins -> Sonic Mesh. Set the address of the mesh as Navidrome reaches it
   ({address}){token}, choose the users who get mixes, enable it.
3. In any client: Instant Mix of a song. `sonicmesh doctor` shows whether Navidrome asks the mesh.
docs/use/navidrome.md has all this step by step, and what to do when nothing happens."""


def install(
    folder: Annotated[Path, typer.Argument(help="Navidrome's plugin folder: `plugins` in its data folder")],
    make_folder: Annotated[bool, typer.Option("--make-folder", help="Create the folder if needed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Copy the plugin into Navidrome's plugin folder and print the next steps."""
    settings = load_settings(GatewaySettings)
    token = ", its token (SONICMESH_TOKEN)" if settings.token else ""
    steps = NEXT.format(address=f"http://HOST:{settings.port}", token=token)
    target = folder / NAME
    try:
        changed = place(package(), folder, make_folder=make_folder)
    except BuildFailed as error:
        output.fail(str(error), output.FAILED)
    except Forbidden as error:
        if not as_json:
            output.say(error.message, to=output.errors)
            output.errors.print(steps, soft_wrap=True)
            raise typer.Exit(output.FAILED) from None
        raise
    if as_json:
        output.print_json({"file": str(target), "changed": changed})
        return
    said = "copied; Navidrome disables a changed plugin until an admin enables it again" if changed else "already there"
    output.say(f"{target}: {said}")
    output.console.print(steps, soft_wrap=True)


def remove_mixes(
    user: Annotated[str, typer.Option(prompt="Navidrome user (an admin for everybody's mixes)")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, envvar="NAVIDROME_PASSWORD")],
    url: Annotated[str, typer.Option(help="Navidrome's address; default: NAVIDROME_URL")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before deleting.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete the playlists that the plugin wrote. Disable the plugin, or its mixes, first."""
    settings = load_settings(GatewaySettings)
    navidrome = Navidrome(url or settings.navidrome_url, user, password)
    mixes = [playlist for playlist in navidrome.playlists() if MARK in playlist.comment]
    if not yes and mixes and not as_json:
        _show(mixes)
        typer.confirm(f"Delete these {len(mixes)} playlists?", abort=True)
    elif not yes and mixes:
        raise InvalidRequest("--json never prompts: add --yes to delete")
    remaining = [playlist for playlist in mixes if not _deleted(navidrome, playlist)]
    gone = [playlist for playlist in mixes if playlist not in remaining]
    if as_json:
        output.print_json({"deleted": _named(gone), "left": _named(remaining)})
        return
    output.console.print(f"{len(gone)} mixes deleted")
    if remaining:
        output.console.print("Others share these with you; only they or an admin can delete them:")
        _show(remaining)


def _deleted(navidrome: Navidrome, playlist: Playlist) -> bool:
    try:
        navidrome.delete(playlist)
    except Refused:
        return False
    return True


def _named(playlists: list[Playlist]) -> list[dict[str, str]]:
    return [{"name": each.name, "owner": each.owner} for each in playlists]


def _show(mixes: list[Playlist]) -> None:
    for playlist in mixes:
        output.say(f"  {playlist.owner}: {playlist.name}")
