"""The recommender fork of Navidrome, what its pages send, and somebody who uses them."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ports import free_port
from tests.endtoend.navidrome.fixed_socket import fixed_socket
from tests.endtoend.navidrome.server import Person, Refusal, exchange
from tests.endtoend.navidrome.tap import Exchange, Tap, tapped
from tests.endtoend.navidrome.town import Town, job_ended, mesh_of, running_town
from tests.harness.supervised import SupervisedMesh

#: What its re-embed button sends.
BUTTON = {"models": ["muq", "mert", "latent"], "clearExisting": True}
#: What its page sends for a list.
WISH = {"limit": 25, "diversity": 0.15, "models": ["muq"]}
START, PROGRESS, CANCEL = (f"/api/recommendations/batch/{end}" for end in ("start", "progress", "cancel"))


@dataclass(frozen=True)
class Fork:
    """`pressed` is the answer to the re-embed button, pressed as soon as the mesh was there."""

    town: Town
    mesh: SupervisedMesh
    socket: Path
    tap: Tap
    alice: Person
    pressed: Any

    def ask(self, mode: str, **wish: Any) -> tuple[dict[str, Any], Exchange]:
        """A list for alice: what her page gets, and what that was made of."""
        shown = self.alice.api("POST", f"/api/recommendations/{mode}", {**WISH, **wish})
        return shown, self.tap.last(f"/playlist/{mode}")

    def upload(self, files: Mapping[str, bytes], **settings: Any) -> dict[str, Any]:
        """Files through its upload page. Raises `Refusal`."""
        boundary = uuid.uuid4().hex
        parts = [_part("file", data, f'; filename="{name}"') for name, data in files.items()]
        parts.append(_part("settings", json.dumps(settings).encode()))
        body = b"".join(b"--" + boundary.encode() + b"\r\n" + part for part in parts)
        headers = {
            "X-ND-Authorization": f"Bearer {self.town.admin.token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        url = f"{self.town.navidrome.url}/api/upload"
        request = urllib.request.Request(url, body + f"--{boundary}--\r\n".encode(), headers, method="POST")
        answer: dict[str, Any] = exchange(request)
        return answer


def _part(name: str, data: bytes, more: str = "") -> bytes:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"


@contextmanager
def running_fork(folder: Path) -> Iterator[Fork]:
    """A mesh as `make run` has it, which embeds the fork's library; the button was pressed meanwhile."""
    port = free_port()
    with (
        fixed_socket() as socket,
        tapped(port) as tap,
        running_town("recommender", folder, ND_RECOMMENDATIONS_BASEURL=tap.url) as town,
    ):
        alice = town.navidrome.add_user("alice", 1, 2)
        listen(town, alice)
        with mesh_of(town, folder / "k", port, NAVIDROME_EMBED_SOCKET=socket, SONICMESH_MODELS="fusion") as mesh:
            pressed = press(town)
            job_ended(mesh)
            yield Fork(town, mesh, socket, tap, alice, pressed)


def press(town: Town) -> Any:
    """The re-embed button: the answer, or what it was refused with."""
    try:
        return town.admin.api("POST", START, BUTTON)
    except Refusal as refusal:
        return refusal


def listen(town: Town, alice: Person) -> None:
    """She played a dozen tracks, loves five, and dislikes one of an artist whom she never plays otherwise."""
    played = [song for song in alice.songs() if "Rooms" in song["path"] or "Strom" in song["path"]][:12]
    for place, song in enumerate(played):
        alice.play(song["id"], 1 + 3 * place)
    loved = [song for song in alice.songs() if "Þögn" in song["path"]]
    for song in [played[0], *loved]:
        alice.rest("star", id=song["id"])
    alice.rest("setRating", id=town.song("Funk You Very Much/01 - First Motor.mp3"), rating=1)
