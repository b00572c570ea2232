"""An unmodified Navidrome with our plugin, a mesh that asks for a token, and three people with different libraries."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.ports import free_port
from cli.doctor.plugin import answered
from tests.endtoend.navidrome.server import START_S, Navidrome, Person
from tests.endtoend.navidrome.town import FOLLOW_S, Town, job_ended, mesh_of, running_town
from tests.harness.http import request
from tests.harness.supervised import SupervisedMesh
from tests.harness.waiting import eventually

PLUGIN = "/api/plugin/sonicmesh"
TOKEN = "token-of-the-tests"
#: Who sees which libraries; admin sees all of them.
PEOPLE = {"admin": {1, 2}, "alice": {1, 2}, "bob": {1}}
#: The mixes of those who heard enough.
MIXES = ("Daily Mix 1", "Discovery")
#: Seconds until a night that was set for the next minute is over, with ten of them for each person.
NIGHT_S = 200.0
#: Seconds before a minute begins in which it is too late to set something for it.
TOO_LATE_S = 10


@dataclass(frozen=True)
class Plugged:
    """The town, its mesh, and what the plugin is told."""

    town: Town
    mesh: SupervisedMesh

    @property
    def navidrome(self) -> Navidrome:
        return self.town.navidrome

    @property
    def people(self) -> dict[str, Person]:
        return self.navidrome.people

    def configure(self, **settings: str) -> None:
        """The plugin's settings; it restarts, as after a click on *save*."""
        known = {"gateway": f"http://127.0.0.1:{self.mesh.port}", "token": TOKEN, "mixesAt": "never", **settings}
        self.town.admin.api("PUT", PLUGIN, {"config": json.dumps(known)})
        if not self.enabled():
            self.town.admin.api("PUT", PLUGIN, {"allUsers": True, "enabled": True})
        eventually(self.enabled, seconds=START_S)

    def enabled(self) -> bool:
        """Whether it is running; fails if Navidrome has given it up."""
        found = self.town.admin.api("GET", PLUGIN)
        assert not found.get("lastError"), found
        return bool(found["enabled"])

    def ask(self, function: str, given: Any) -> Any:
        """The gateway's own answer."""
        bearer = {"Authorization": f"Bearer {TOKEN}"}

        def ready() -> tuple[int, Any] | None:
            found = request(self.mesh.port, "POST", f"/plugin/{function}", json.dumps(given).encode(), **bearer)
            return None if found[0] in {503, 504} else found

        status, answer = eventually(ready, seconds=FOLLOW_S)
        assert status == 200, answer
        return answer

    def answered(self) -> Counter[str]:
        """What the gateway answered the plugin, by status."""
        url = f"http://127.0.0.1:{self.mesh.port}/metrics"
        asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked, timeout=60) as response:
            return answered(response.read().decode())

    def night(self) -> None:
        """Everybody's mixes are written, as at the set time of a day."""
        before = self._nights()
        eventually(self._set_for_soon, seconds=NIGHT_S)
        written = eventually(
            lambda: self._nights() >= before + Counter(PEOPLE.keys()) or self._tried_again(), seconds=NIGHT_S
        )
        assert written is True, written

    def _set_for_soon(self) -> bool:
        """Mixes are due when a minute begins; False if it began before the plugin was ready."""
        at = datetime.now(UTC) + timedelta(seconds=60 + TOO_LATE_S)
        self.configure(mixesAt=f"{at:%H:%M}")
        return datetime.now(UTC) < at.replace(second=0, microsecond=0)

    def _tried_again(self) -> str:
        """Why a night failed, according to the log."""
        return "\n".join(line for line in self.navidrome.log().splitlines() if "will be retried in" in line)

    def _nights(self) -> Counter[str]:
        """How often mixes were written, by person, according to Navidrome's log."""
        log = self.navidrome.log()
        return Counter({name: log.count(f"mixes of {name}: ") for name in PEOPLE})

    def mixes(self, name: str) -> dict[str, dict[str, Any]]:
        """Somebody's mixes by their marks; each is there once."""
        own = [each for each in self.people[name].playlists().values() if "[sonicmesh:" in each.get("comment", "")]
        found = {each["comment"].rpartition("[sonicmesh:")[2].rstrip("]"): each for each in own}
        assert len(found) == len(own), own
        return found

    def listens_to(self, name: str) -> list[dict[str, Any]]:
        """The tracks that somebody may see."""
        return self.people[name].songs()


@contextmanager
def running_plugged(version: str, folder: Path, package: Path) -> Iterator[Plugged]:
    """Everything is embedded; everybody heard two dozen tracks; the plugin is enabled and writes no mixes."""
    plugins = folder / "navidrome" / "plugins"
    plugins.mkdir(parents=True, mode=0o700)
    shutil.copy(package, plugins)
    settings = {"ND_JELLYFIN_ENABLED": "true", "TZ": "UTC"}
    with running_town(version, folder, **settings) as town:
        for name in ("alice", "bob"):
            town.navidrome.add_user(name, *PEOPLE[name])
        for name, person in town.navidrome.people.items():
            hear(person, PEOPLE[name])
        with mesh_of(town, folder / "k", free_port(), SONICMESH_TOKEN=TOKEN) as mesh:
            job_ended(mesh)
            plugged = Plugged(town, mesh)
            plugged.configure()
            yield plugged


def hear(person: Person, libraries: set[int]) -> None:
    """Two dozen tracks, the one without tags last; files that cannot be embedded are left out."""
    songs = [song for song in person.songs() if "unsorted" not in song["path"]]
    assert {song["libraryId"] for song in songs} == libraries
    (untagged,) = [song for song in person.songs() if song["path"].endswith("noname.mp3")]
    for place, song in enumerate([untagged, *songs[::2]]):
        person.play(song["id"], 0.1 + place / 10)
