"""Navidrome as the plugin sees it: host functions, users, playlists, schedules, and a new instance for every call."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import extism
from extism.extism import CompiledPlugin

from workers.library.navidrome.ids import rewritten

Json = dict[str, Any]
#: How often a question is asked again on a busy machine.
PATIENCE = 30


@dataclass
class Playlist:
    """One playlist. `songs` are ids."""

    id: str
    owner: str
    name: str
    comment: str = ""
    public: bool = False
    songs: list[str] = field(default_factory=list)


class Refused(Exception):
    """What Subsonic answers with status 200, `failed` and code 70."""


class Navidrome:
    """What a server with this plugin holds. `sees` are the songs of each user whom the admin chose.

    `dropped` are songs that were left out of a playlist because its owner does not see them.
    """

    def __init__(self, sees: Mapping[str, set[str]], **config: str) -> None:
        self.sees = sees
        self.config = config
        self.playlists: dict[str, Playlist] = {}
        self.dropped: list[str] = []
        self.store: dict[str, str] = {}
        self.recurring: list[Json] = []
        self.once: list[Json] = []
        self.calls: list[str] = []
        self.admins: set[str] = set()
        self._made = 0

    def answer(self, function: str, asked: Json) -> Json:
        """One host function; refusals are `{"error"}`, as Navidrome has it."""
        try:
            answered: Json = getattr(self, f"_{function}")(asked)
        except (LookupError, ValueError, OSError) as error:
            return {"error": str(error) or type(error).__name__}
        return answered

    def _http_send(self, asked: Json) -> Json:
        wanted = asked["request"]
        request = urllib.request.Request(
            wanted["url"], base64.b64decode(wanted["body"]), wanted["headers"], method=wanted["method"]
        )
        try:
            with urllib.request.urlopen(request, timeout=wanted["timeoutMs"] / 1000) as response:
                status, body = response.status, response.read()
        except urllib.error.HTTPError as refusal:
            status, body = refusal.code, refusal.read()
        return {"result": {"statusCode": status, "headers": {}, "body": base64.b64encode(body).decode()}}

    def _users_getusers(self, _asked: Json) -> Json:
        return {"result": [{"userName": name, "name": name, "isAdmin": name in self.admins} for name in self.sees]}

    def _kvstore_get(self, asked: Json) -> Json:
        value = self.store.get(asked["key"])
        return {"value": value or "", "exists": value is not None}

    def _kvstore_set(self, asked: Json) -> Json:
        self.store[asked["key"]] = asked["value"]
        return {}

    def _scheduler_schedulerecurring(self, asked: Json) -> Json:
        self.recurring.append(asked)
        return {"newScheduleId": asked["scheduleId"]}

    def _scheduler_scheduleonetime(self, asked: Json) -> Json:
        if any(each["scheduleId"] == asked["scheduleId"] for each in self.once):
            raise ValueError(f"schedule {asked['scheduleId']} exists")
        self.once.append(asked)
        return {"newScheduleId": asked["scheduleId"]}

    def _subsonicapi_call(self, asked: Json) -> Json:
        method, _, query = asked["uri"].partition("?")
        fields = urllib.parse.parse_qs(query)
        user = fields["u"][0]
        if user not in self.sees:
            raise ValueError(f"the plugin may not act for {user}")
        self.calls.append(method)
        answer = {
            "getPlaylists": self._shown,
            "createPlaylist": self._create,
            "updatePlaylist": self._update,
            "deletePlaylist": self._delete,
        }[method]
        try:
            said = {"status": "ok", **answer(user, fields)}
        except Refused as refusal:
            said = {"status": "failed", "error": {"code": 70, "message": str(refusal)}}
        return {"responseJson": json.dumps({"subsonic-response": said})}

    def _shown(self, user: str, _fields: Mapping[str, list[str]]) -> Json:
        shown = [p for p in self.playlists.values() if p.owner == user or p.public or user in self.admins]
        return {"playlists": {"playlist": [self._described(each) for each in shown]}}

    def _create(self, user: str, fields: Mapping[str, list[str]]) -> Json:
        songs = [song for song in fields["songId"] if song in self.sees[user]]
        self.dropped += [song for song in fields["songId"] if song not in self.sees[user]]
        if "playlistId" in fields:
            playlist = self._own(user, fields["playlistId"][0])
        else:
            self._made += 1
            # As 0.63 draws them: most, not all, are too large for 0.64
            high = "0" if self._made % 4 == 0 else "z"
            playlist = Playlist(f"{high}{self._made:021d}", user, fields["name"][0])
            self.playlists[playlist.id] = playlist
        playlist.songs = songs
        return {"playlist": self._described(playlist)}

    def _update(self, user: str, fields: Mapping[str, list[str]]) -> Json:
        self._own(user, fields["playlistId"][0]).comment = fields["comment"][0]
        return {}

    def _delete(self, user: str, fields: Mapping[str, list[str]]) -> Json:
        del self.playlists[self._own(user, fields["id"][0]).id]
        return {}

    def _own(self, user: str, playlist_id: str) -> Playlist:
        playlist = self.playlists.get(playlist_id)
        if playlist is None or playlist.owner != user:
            raise Refused("data not found")
        return playlist

    @staticmethod
    def _described(playlist: Playlist) -> Json:
        shown = {"id": playlist.id, "name": playlist.name, "comment": playlist.comment, "owner": playlist.owner}
        return {**shown, "songCount": len(playlist.songs)}

    def of(self, user: str) -> dict[str, Playlist]:
        """A user's playlists by name."""
        return {each.name: each for each in self.playlists.values() if each.owner == user}

    def rewrite_ids(self) -> None:
        """What 0.64 does on its first start: other ids by its rule, the plugin's store as it was."""
        self.sees = {name: {rewritten(song) for song in songs} for name, songs in self.sees.items()}
        for playlist in self.playlists.values():
            playlist.id = rewritten(playlist.id)
            playlist.songs = [rewritten(song) for song in playlist.songs]
        self.playlists = {playlist.id: playlist for playlist in self.playlists.values()}


class Runtime:
    """The compiled plugin. `call` makes an instance, calls one function and throws the instance away."""

    def __init__(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            self.wasm = archive.read("plugin.wasm")
            self.manifest: Json = json.loads(archive.read("manifest.json"))
        self._navidrome = Navidrome({})
        for name in HOST_FUNCTIONS:
            self._host(name)
        self._compiled = CompiledPlugin(self.wasm, wasi=True)

    def _host(self, name: str) -> None:
        """Registers the functions that the plugin imports."""

        def answer(asked: str) -> str:
            return json.dumps(self._navidrome.answer(name, json.loads(asked)))

        extism.host_fn(name=name, namespace="extism:host/user")(answer)

    def call(self, navidrome: Navidrome, function: str, given: Any = None) -> Any:
        """JSON in and out (bytes go in as they are); raises `extism.Error` if the plugin failed."""
        self._navidrome = navidrome
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        with extism.Plugin(self._compiled, config=navidrome.config) as plugin:
            answered: bytes = plugin.call(function, body)
        return json.loads(answered) if answered else None

    def ask(self, navidrome: Navidrome, function: str, given: Any) -> Any:
        """`call` that retries: a busy machine may not answer within its second."""
        for _ in range(PATIENCE):
            try:
                return self.call(navidrome, function, given)
            except extism.Error as error:
                if "answered 50" not in str(error):
                    raise
        return self.call(navidrome, function, given)

    def exports(self, function: str) -> bool:
        """Whether Navidrome could call it."""
        with extism.Plugin(self._compiled) as plugin:
            return bool(plugin.function_exists(function))

    def start(self, navidrome: Navidrome) -> None:
        """Navidrome starts, or the plugin is enabled: old schedules are gone."""
        navidrome.once.clear()
        navidrome.recurring.clear()
        self.call(navidrome, "nd_on_init", {})

    def night(self, navidrome: Navidrome) -> list[str]:
        """The daily schedule comes due, and all that follows from it; errors of callbacks."""
        due = navidrome.recurring[0]
        return [*self._fire(navidrome, due, True), *self.wait(navidrome)]

    def wait(self, navidrome: Navidrome, rounds: int = 10) -> list[str]:
        """One-time schedules come due, until there are none; errors of callbacks."""
        errors: list[str] = []
        while navidrome.once and rounds:
            rounds -= 1
            due, navidrome.once = navidrome.once, []
            for each in due:
                errors += self._fire(navidrome, each, False)
        return errors

    def _fire(self, navidrome: Navidrome, due: Json, recurring: bool) -> list[str]:
        given = {"scheduleId": due["scheduleId"], "payload": due["payload"], "isRecurring": recurring}
        try:
            self.call(navidrome, "nd_scheduler_callback", given)
        except extism.Error as error:
            return [str(error)]
        return []


HOST_FUNCTIONS = (
    "http_send",
    "users_getusers",
    "subsonicapi_call",
    "kvstore_get",
    "kvstore_set",
    "scheduler_schedulerecurring",
    "scheduler_scheduleonetime",
)
