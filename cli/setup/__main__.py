"""`python -m cli.setup PART`: one part of the first run, for the gateway, which may not import it.

Reads the request as JSON on stdin, prints the reply, or `{"error": {...}}`, as one JSON document.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from cli.plugin_package import existing_package
from cli.setup import applying, checking, costs, look
from contract.errors import InvalidRequest, MeshError
from contract.message import Message, Nothing, plain
from contract.private import private_files
from contract.reading import read_request
from contract.setup import ApplyRequest, CheckRequest, CostRequest, SetupPlugin


def _restart(_: Message) -> Message:
    applying.restart()
    return Nothing()


#: Every part: the type of its request, and what serves it.
PARTS: Final[Mapping[str, tuple[type[Message], Callable[[Any], Message]]]] = {
    "look": (Nothing, lambda _: look.look_around()),
    "check": (CheckRequest, checking.check),
    "models": (Nothing, lambda _: costs.models()),
    "cost": (CostRequest, costs.cost),
    "apply": (ApplyRequest, applying.apply),
    "plugin": (Nothing, lambda _: SetupPlugin(file=str(existing_package()))),
    "restart": (Nothing, _restart),
}


def main(part: str) -> int:
    """Serve one part. Returns 0, or 1 if it failed."""
    private_files()
    kind, serve = PARTS[part]
    try:
        text = sys.stdin.buffer.read()
        reply = plain(serve(read_request(kind, orjson.loads(text or b"{}"))))
        code = 0
    except orjson.JSONDecodeError as error:
        reply, code = {"error": InvalidRequest(f"no JSON: {error}").to_wire()}, 1
    except MeshError as error:
        reply, code = {"error": error.to_wire()}, 1
    sys.stdout.buffer.write(orjson.dumps(reply))
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
