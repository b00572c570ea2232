"""A stand-in for Navidrome that answers as a real 0.64 was recorded to: users, logins, playlists.

Users, libraries and tracks are those of a Navidrome database; the password of `alice` is `alicepw`. It runs in a
thread of the test. `faults` makes calls fail: by `METHOD path` or the name of a Subsonic call, a status each time.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

SECRET = b"made anew by every upgrade"
#: Seconds that a token is good for.
TOKEN_SECONDS = 48 * 3600


@dataclass
class User:
    id: str
    name: str
    is_admin: bool
    libraries: list[int]


@dataclass
class Playlist:
    id: str
    owner: User
    name: str
    comment: str = ""
    public: bool = False
    rules: Any = None
    tracks: list[str] = field(default_factory=list)


class Refused(Exception):
    """A Subsonic error: always HTTP 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class StandIn:
    """Listens on a port of its own."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.port = 0
        self.playlists: dict[str, Playlist] = {}
        self.calls: list[str] = []
        self.faults: dict[str, list[int]] = {}
        self.trusts_header = False
        self.secret = SECRET
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(20)

    def down(self) -> None:
        """Nothing answers on the port any more."""
        if self._runner is not None:
            asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(20)
            self._runner = None

    def stop(self) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _up(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/rest/{call}", self._subsonic)
        app.router.add_route("*", "/api/{path:.*}", self._native)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    # People

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()

    def user(self, name: str) -> User | None:
        found = self.rows("SELECT id, user_name, is_admin FROM user WHERE user_name = ?", name)
        if not found:
            return None
        key, name, is_admin = found[0]
        libraries = self.rows("SELECT library_id FROM user_library WHERE user_id = ? ORDER BY 1", key)
        return User(key, name, bool(is_admin), [number for (number,) in libraries])

    def token(self, name: str, expires_in: float = TOKEN_SECONDS, **claims: object) -> str:
        """A token as returned by a login."""
        user = self.user(name)
        assert user is not None
        payload = {"sub": name, "uid": user.id, "adm": user.is_admin, "iss": "ND", "exp": int(time.time() + expires_in)}
        parts = [_b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, payload | claims)]
        return f"{'.'.join(parts)}.{self._sign('.'.join(parts))}"

    def _sign(self, text: str) -> str:
        return _b64(hmac.new(self.secret, text.encode(), hashlib.sha256).digest())

    def _holder(self, request: web.Request) -> User | None:
        scheme, _, token = request.headers.get("X-ND-Authorization", "").partition(" ")
        body, _, signature = token.rpartition(".")
        if scheme != "Bearer" or not hmac.compare_digest(self._sign(body), signature):
            return None
        payload = body.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return self.user(claims["sub"]) if claims["exp"] > time.time() else None

    def visible(self, user: User, track_ids: list[str]) -> list[str]:
        """The tracks that remain; unknown and invisible ones are silently left out."""
        known = dict(self.rows("SELECT id, library_id FROM media_file"))
        return [i for i in track_ids if i in known and (user.is_admin or known[i] in user.libraries)]

    def _fault(self, name: str) -> int:
        self.calls.append(name)
        return self.faults[name].pop(0) if self.faults.get(name) else 0

    # The native interface

    async def _native(self, request: web.Request) -> web.Response:
        user = self._holder(request)
        path = request.match_info["path"]
        status = self._fault(f"{request.method} {'/'.join(path.split('/')[::2])}")
        if status:
            return web.Response(status=status, text="told to", headers={"Retry-After": "7"} if status == 429 else {})
        if user is None:
            return web.json_response({"error": "Not authenticated"}, status=401)
        headers = {"X-Nd-Authorization": self.token(user.name, renewed=len(self.calls))}
        answer, status = await self._answer(request, user, path.split("/"))
        return web.json_response(answer, status=status, headers=headers)

    async def _answer(self, request: web.Request, user: User, parts: list[str]) -> tuple[Any, int]:
        if parts[0] == "user":
            if parts[1] != user.id and not user.is_admin:
                return {"error": f"Reading user(id:{parts[1]}): Permission denied"}, 403
            said = {"id": user.id, "userName": user.name, "name": user.name, "isAdmin": user.is_admin}
            return {**said, "libraries": [{"id": number} for number in user.libraries]}, 200
        if parts == ["playlist"]:
            body = await request.json()
            return {"id": self.make(user, body["name"], body.get("comment", ""), body.get("public", False)).id}, 200
        playlist = self.playlists.get(parts[1])
        if playlist is None or not (user.is_admin or playlist.public or playlist.owner.id == user.id):
            return {"error": "data not found"}, 404
        if parts[2:] == ["tracks"]:
            return await self._tracks(request, user, playlist)
        return await self._playlist(request, playlist)

    async def _playlist(self, request: web.Request, playlist: Playlist) -> tuple[Any, int]:
        if request.method == "DELETE":
            del self.playlists[playlist.id]
            return {}, 200
        if request.method == "PUT":
            body = await request.json()
            assert body["id"] == playlist.id, "a whole record is sent, as Navidrome's own page does"
            playlist.name, playlist.comment, playlist.public = body["name"], body["comment"], body["public"]
        return {
            "id": playlist.id,
            "name": playlist.name,
            "comment": playlist.comment,
            "public": playlist.public,
            "ownerId": playlist.owner.id,
            "ownerName": playlist.owner.name,
            "rules": playlist.rules,
        }, 200

    async def _tracks(self, request: web.Request, user: User, playlist: Playlist) -> tuple[Any, int]:
        if request.method == "POST":
            ids = (await request.json())["ids"]
            playlist.tracks += self.visible(user, ids)
            return {"added": len(ids)}, 200
        if request.method == "DELETE":
            gone = {int(position) for position in request.query.getall("id")}
            playlist.tracks = [i for n, i in enumerate(playlist.tracks, 1) if n not in gone]
            return {"ids": sorted(gone)}, 200
        rows = [{"id": str(n), "mediaFileId": i} for n, i in enumerate(playlist.tracks, 1)]
        return rows, 200

    # The Subsonic interface

    async def _subsonic(self, request: web.Request) -> web.Response:
        form = await request.post()
        fields: list[tuple[str, str]] = [*request.query.items(), *((key, str(value)) for key, value in form.items())]
        call = request.match_info["call"]
        status = self._fault(call)
        if status:
            return web.Response(status=status, text="told to")
        try:
            answer = {"status": "ok", **self._call(call, request, fields)}
        except Refused as error:
            answer = {"status": "failed", "error": {"code": error.code, "message": error.message}}
        return web.json_response({"subsonic-response": {"version": "1.16.1", "type": "navidrome", **answer}})

    def _call(self, call: str, request: web.Request, fields: list[tuple[str, str]]) -> dict[str, Any]:
        one = dict(fields)
        user = self._login(request, one)
        if call == "getUser":
            if one["username"].lower() != user.name.lower():
                raise Refused(50, "User is not authorized for the given operation")
            return {"user": {"username": user.name, "adminRole": user.is_admin, "folder": user.libraries}}
        if call == "createPlaylist":
            playlist = self._mine(user, one["playlistId"]) if "playlistId" in one else self.make(user, one["name"])
            # With an id, the name is not changed.
            playlist.tracks = self.visible(user, [value for key, value in fields if key == "songId"])
            return {"playlist": self._described(playlist, user)}
        playlist = self._mine(user, one.get("playlistId") or one["id"], reads=call == "getPlaylist")
        if call == "updatePlaylist":
            playlist.name, playlist.comment = one.get("name", playlist.name), one.get("comment", playlist.comment)
            playlist.public = one.get("public", str(playlist.public)).lower() == "true"
            return {}
        if call == "deletePlaylist":
            del self.playlists[playlist.id]
            return {}
        return {"playlist": self._described(playlist, user)}

    def _login(self, request: web.Request, one: dict[str, str]) -> User:
        user = self.user(one.get("u", "").lower())
        password = f"{user.name}pw" if user else ""
        given = one.get("p", "")
        if given.startswith("enc:"):
            given = bytes.fromhex(given[4:]).decode()
        token = hashlib.md5((password + one.get("s", "")).encode()).hexdigest()
        by_header = self.trusts_header and user is not None and request.headers.get("Remote-User") == user.name
        if user is None or not (by_header or given == password or ("s" in one and one.get("t") == token)):
            raise Refused(40, "Wrong username or password")
        assert one["c"] == "sonicmesh", "each new client name would register a player"
        return user

    def _mine(self, user: User, key: str, *, reads: bool = False) -> Playlist:
        playlist = self.playlists.get(key)
        if playlist is None or not (playlist.owner.id == user.id or (reads and (playlist.public or user.is_admin))):
            raise Refused(70, "data not found")
        return playlist

    def _described(self, playlist: Playlist, user: User) -> dict[str, Any]:
        described: dict[str, Any] = {
            "id": playlist.id,
            "name": playlist.name,
            "songCount": len(playlist.tracks),
            "owner": playlist.owner.name,
            "readonly": playlist.owner.id != user.id or playlist.rules is not None,
            "entry": [{"id": track_id} for track_id in playlist.tracks],
        }
        return described | ({"comment": playlist.comment} if playlist.comment else {}) | {"public": playlist.public}

    def make(self, owner: User, name: str, comment: str = "", public: bool = False) -> Playlist:
        playlist = Playlist(f"pl{len(self.calls)}x{len(self.playlists)}", owner, name, comment, public)
        self.playlists[playlist.id] = playlist
        return playlist


def subsonic(name: str, password: str | None = None) -> str:
    """Query of a Subsonic login."""
    token = hashlib.md5(f"{password or f'{name}pw'}c0ffee".encode()).hexdigest()
    return f"u={name}&t={token}&s=c0ffee&v=1.16.1&c=page&f=json"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
