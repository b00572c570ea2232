"""HTTP exchanges with a gateway on this machine, each on a fresh connection."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Seconds that one HTTP exchange may take on a loaded machine.
TIMEOUT: Final = 60.0
HOST: Final = "127.0.0.1"
JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error code; checks that the body has the shape of all errors."""
        value = self.json
        assert set(value["error"]) == {"code", "message", "detail"}, value
        assert value["message"] == value["error"]["message"] != ""
        return str(value["error"]["code"])

    @property
    def field(self) -> str:
        """The path of the field that was refused."""
        assert self.code == "invalid_request"
        return str(self.json["error"]["detail"]["field"])


def exchange(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One exchange."""
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def request(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """Status and JSON of one exchange."""
    answer = exchange(port, method, path, body or None, JSON | headers)
    return answer.status, answer.json


def answers(port: int) -> bool:
    """Whether a gateway answers there."""
    try:
        return exchange(port, "GET", "/healthz").status == 200
    except OSError:
        return False


def raw(port: int, request: bytes) -> Answer:
    """The answer to exactly these bytes."""
    with socket.create_connection((HOST, port), timeout=TIMEOUT) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection)
        response.begin()
        return Answer(response.status, dict(response.getheaders()), response.read())
