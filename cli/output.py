"""How the command speaks: a console for people, one JSON document for scripts, and the exit codes."""

from __future__ import annotations

from typing import Any, Final, NoReturn

import orjson
import typer
from rich.console import Console

from broker.errors import MeshError

#: Exit codes that scripts may rely on.
OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_RUNNING: Final = 3
NOT_READY: Final = 4

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One indented JSON document on stdout."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode())


def one_line(value: Any) -> str:
    """JSON on one line, for streams of events."""
    return orjson.dumps(value).decode()


def fail(message: str, code: int, *, as_json: bool = False, error: str = "failed") -> NoReturn:
    """Say what is wrong, once, and leave with `code`."""
    if as_json:
        print_json({"error": {"code": error, "message": message}})
    else:
        errors.print(f"[red]{error}[/red]: {message}", markup=True, soft_wrap=True)
    raise typer.Exit(code)


def fail_with(error: MeshError, *, as_json: bool = False) -> NoReturn:
    """`fail` for a typed error of the mesh."""
    code = NOT_READY if error.code in {"no_worker", "deadline_exceeded", "store_unavailable"} else FAILED
    if error.code == "invalid_request":
        code = USAGE
    fail(error.message, code, as_json=as_json, error=error.code)
