"""`sonicmesh stop`: stops the mesh; workers finish what they hold."""

from __future__ import annotations

from cli import output
from cli.commands.options import AsJson
from cli.guide_names import remove_pid_files
from cli.supervisor import Supervisor, clear_leftovers
from contract.settings import MeshSettings, load_settings


def stop(as_json: AsJson = False) -> None:
    """Stop the mesh. When it starts again, a running job continues where it was."""
    settings = load_settings(MeshSettings)
    supervisor = Supervisor(settings)
    was_running = supervisor.running()
    if was_running:
        supervisor.shutdown()
    leftovers = clear_leftovers()
    remove_pid_files(settings)
    if as_json:
        output.print_json({"stopped": was_running, "leftovers": leftovers})
    else:
        output.console.print("stopped" if was_running or leftovers else "the mesh was not running")
