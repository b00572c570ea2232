"""What happens before supervisord starts: folders, upgrades, ports, the demo library, supervisord's files."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

import rich.progress

import demo
from cli import output
from cli.guide_names import link_guide_names, remove_pid_files
from cli.programs import write_programs
from cli.supervisor import clear_leftovers
from cli.upgrade import about_the_upgrade
from contract.private import private_folder
from contract.settings import SettingsError, home, load_settings
from gateway.settings import GatewaySettings, is_loopback_host
from gateway.setup.code import forget_code, make_code
from gateway.setup.state import is_set_up
from workers.folder.opening import open_folder
from workers.folder.versions import newest
from workers.library.settings import LibrarySettings
from workers.models.registry import DEFAULT, FALLBACK
from workers.runtime.default_model import tell_once
from workers.runtime.settings import WorkerSettings

#: Seconds that a killed gateway may take to release its ports.
PORT_SECONDS: Final = 5.0


def prepare(
    workers: WorkerSettings, gateway: GatewaySettings, say: Callable[[str], None], *, foreground: bool, quiet: bool
) -> dict[str, int]:
    """Make everything ready for supervisord to start; return the workers per model.

    `say` gets a line for everything worth knowing; `quiet` hides the progress bar of the demo library. Raises
    `MeshError`: what is wrong, and what to do.
    """
    workers.make_folders()
    if left := clear_leftovers():
        say(f"cleared {left} processes that an earlier mesh left behind")
    remove_pid_files(workers)
    _open_data(workers, say)
    if is_set_up(gateway):
        forget_code(gateway.data)
    check_ports(gateway)
    scale = write_for_supervisord(workers, say, foreground=foreground, quiet=quiet)
    link_guide_names(workers, logs=not foreground)
    if not foreground:
        private_folder(home() / "logs")  # supervisord's own log
    return scale


def write_for_supervisord(
    workers: WorkerSettings, say: Callable[[str], None] = output.say, *, foreground: bool, quiet: bool
) -> dict[str, int]:
    """Write supervisord's files for the settings as they are now; return the workers per model."""
    environment = _demo_environment(workers, say, quiet=quiet)
    return write_programs(workers, tuple(workers.models), environment, foreground=foreground)


def parts(scale: dict[str, int]) -> str:
    """Return the processes that start, for people."""
    models = (f"{model} x{number}" for model, number in scale.items() if number)
    return f"broker, search, library, gateway, {', '.join(models)}"


def urls(gateway: GatewaySettings) -> dict[str, str]:
    """Return the addresses of the mesh for people and Navidrome."""
    host = "127.0.0.1" if gateway.host in {"0.0.0.0", "::"} else gateway.host
    base = f"http://{host}:{gateway.port}"
    return {"gateway": base, "health": f"{base}/readyz", "api": f"{base}/docs", "metrics": f"{base}/metrics"}


def invitation(gateway: GatewaySettings) -> Iterator[str]:
    """Yield lines that invite a person to set the mesh up, if nobody has; with the code, if strangers may ask.

    Makes the code in any case: a proxy on this machine may bring strangers, too.
    """
    if is_set_up(gateway):
        return
    code = make_code(gateway.data)
    yield f"not set up yet: open {urls(gateway)['gateway']}/, or run `sonicmesh setup`"
    if gateway.token is not None or not is_loopback_host(gateway.host):
        yield f"the page asks for this code: {code}"


def notices(workers: WorkerSettings) -> Iterator[str]:
    """Yield lines about what this start changes for the person."""
    yield from about_the_upgrade(workers.data)
    yield from about_the_default(workers)


def about_the_default(workers: WorkerSettings) -> Iterator[str]:
    """Yield lines about the default model of this installation."""
    if tell_once(workers.data, workers.named_models):
        yield (
            f"SONICMESH_MODELS names {','.join(workers.named_models)} and stays in force. There is now a better "
            f"default, `{DEFAULT}`. Remove SONICMESH_MODELS, and the library moves to it in the background "
            "(docs/operate/models.md)"
        )
    elif not workers.named_models and workers.models == (FALLBACK,):
        yield (
            f"musicnn's weights are not installed: using `{FALLBACK}` alone. `sonicmesh models download "
            f"musicnn` fetches them (29 MB); after a restart the mesh uses `{DEFAULT}`, which hears more"
        )
    elif FALLBACK in workers.models and not workers.named_models:
        yield f"`{DEFAULT}` listens to the library in the background; `{FALLBACK}` answers until then"


def _open_data(workers: WorkerSettings, say: Callable[[str], None]) -> None:
    """Upgrade the data folder before the parts of the mesh start, since each of them would."""
    with open_folder(workers.data) as folder:
        if folder.upgraded_from is not None:
            say(f"upgraded {workers.data} from version {folder.upgraded_from} to {newest()}")


def check_ports(gateway: GatewaySettings) -> None:
    """Raise `SettingsError` if one of the gateway's ports cannot be bound.

    A killed process releases its ports a moment after it has left the process list, so a port in use is retried for a
    while.
    """
    until = time.monotonic() + PORT_SECONDS
    for variable, port in (("NAVIDROME_RECOMMENDER_PORT", gateway.port), ("TEXT_EMBEDDING_PORT", gateway.text_port)):
        while (error := _port_error(gateway.host, port)) is not None:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise SettingsError(
                    f"{gateway.host}:{port} cannot be used ({error.strerror}): "
                    f"stop the program that listens there, or set {variable} to a free port"
                ) from error
            time.sleep(0.05)


def _port_error(host: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _demo_environment(workers: WorkerSettings, say: Callable[[str], None], *, quiet: bool) -> dict[str, str]:
    """Build the demo library if no database is configured; return the library worker's environment for it."""
    if load_settings(LibrarySettings).database:
        return {}
    folder = workers.data / "demo"
    with rich.progress.Progress(console=output.console, disable=quiet, transient=True) as bar:
        task = bar.add_task("no NAVIDROME_DB_PATH is set: making a demo library")
        made = demo.build(folder, progress=lambda done, total: bar.update(task, completed=done, total=total))
    say(f"demo library: {len(made.tracks)} tracks in {folder} (set NAVIDROME_DB_PATH for your own)")
    return {"NAVIDROME_DB_PATH": str(made.database)}
