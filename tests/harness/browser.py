"""A browser's part in the tests: keeps the cookie, sends what a page of the gateway's own origin sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any, Protocol

from tests.harness.http import Answer

SESSION = "/api/recommendations/session"
ADMIN = "/api/recommendations/admin"


class Gateway(Protocol):
    """Whatever answers requests."""

    @property
    def port(self) -> int: ...

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer: ...


class Browser:
    """One browser at one gateway; `headers` go with every request, as a proxy's would."""

    def __init__(self, mesh: Gateway, base: str = "", **headers: str) -> None:
        self.mesh = mesh
        self.base = base
        self.headers = headers
        self.cookie: SimpleCookie = SimpleCookie()

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One exchange; JSON in."""
        sent = {"Content-Type": "application/json", **self.headers, **(headers or {})}
        if method not in {"GET", "HEAD"}:
            sent.setdefault("Sec-Fetch-Site", "same-origin")
        if self.cookie:
            sent["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookie.items())
        data = None if body is None else json.dumps(body).encode()
        answer = self.mesh.request(method, f"{self.base}{path}", data, sent)
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie":
                self.cookie.load(value)
                for key, morsel in list(self.cookie.items()):
                    if morsel["max-age"] == "0":
                        del self.cookie[key]
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, /, body: Any = None, **headers: str) -> Answer:
        return self.request("POST", path, {} if body is None else body, headers)

    def put(self, path: str, /, body: Any = None, **headers: str) -> Answer:
        return self.request("PUT", path, {} if body is None else body, headers)

    def sign_in(self, name: str, password: str | None = None) -> Answer:
        return self.post(SESSION, {"user_name": name, "password": password or f"{name}pw"})

    def sign_in_operator(self, token: str) -> Answer:
        return self.post(SESSION, {"token": token})

    def sign_out(self) -> Answer:
        return self.request("DELETE", SESSION)

    def who(self) -> dict[str, Any]:
        """What the session says."""
        answer = self.get(SESSION)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found
