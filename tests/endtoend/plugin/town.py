"""A whole mesh (`sonicmesh run`) beside a server of Navidrome that has the plugin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.endtoend.plugin.server import Server
from tests.harness.plugin_mesh import ask
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

if TYPE_CHECKING:
    from tests.harness.plugin_runtime import Navidrome

#: Seconds within which a mesh on a loaded machine follows its library.
FOLLOW_S = 120.0


@dataclass(frozen=True)
class Town:
    """The server's database, and the mesh that reads it."""

    server: Server
    mesh: SupervisedMesh

    def ask(self, function: str, given: Any) -> Any:
        """The gateway's own answer."""
        return ask(self.mesh.port, function, given)

    def navidrome(self, *names: str) -> Navidrome:
        """The server's other side: an admin chose these people (nobody named: everybody)."""
        from tests.harness.plugin_runtime import Navidrome

        sees = self.server.sees()
        chosen = {name: sees[name] for name in names or sees}
        return Navidrome(chosen, gateway=f"http://127.0.0.1:{self.mesh.port}", mixesAt="04:30")

    def follows(self, name: str) -> None:
        """Returns once somebody's mixes are of tracks that are there now."""

        def of_now() -> bool:
            there = self.server.sees()[name]
            mixes = self.ask("mixes", {"userNames": [name]})["users"][0]["mixes"]
            return bool(mixes) and all(set(mix["songIds"]) <= there for mix in mixes)

        eventually(of_now, seconds=FOLLOW_S)


@contextmanager
def running_town(server: Server, folder: Path, **settings: str | Path) -> Iterator[Town]:
    """Everything is embedded."""
    mesh = SupervisedMesh(folder, NAVIDROME_DB_PATH=server.database, SONICMESH_LIBRARY_POLL_S="0.5", **settings)
    try:
        mesh.json("run")
        yield Town(server, mesh)
    finally:
        mesh.close()


def ids_of(answer: dict[str, Any]) -> list[str]:
    """Ids of an answer of any function, in order."""
    found: Iterable[dict[str, Any]] = (
        answer.get("artists") or answer.get("songs") or [match["song"] for match in answer["matches"]]
    )
    return [each["id"] for each in found]
