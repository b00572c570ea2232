"""The command's output: a console for people, one JSON document for scripts, and the exit codes."""

from __future__ import annotations

from typing import Any, Final, NoReturn

import orjson
import typer
from rich.console import Console
from rich.progress import Task, TextColumn
from rich.text import Text

from contract.errors import DeadlineExceeded, InvalidRequest, MeshError, NoWorker, StoreUnavailable
from contract.text import json_text, terminal, terminal_lines

#: Exit codes that scripts may rely on.
OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
NOT_RUNNING: Final = 3
NOT_READY: Final = 4

#: Errors of a mesh that is not ready.
LATER: Final = {NoWorker.code, DeadlineExceeded.code, StoreUnavailable.code}

#: Converts what JSON cannot represent, so that a script gets a document whatever a worker sent.
JSON_OPTIONS: Final = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class Terminal(Console):
    """A console that prints text literally.

    Brackets are not markup, `:name:` is not an emoji, and control, direction and zero-width characters are spelled out.
    Style is passed separately.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Render a string. Every printed string passes through here, also those in tables; our own line feeds stay."""
        return super().render_str(terminal_lines(text), **options)


class PlainColumn(TextColumn):
    """A column of a progress bar that shows its text literally, on one line."""

    def render(self, task: Task) -> Text:
        return Text(terminal(self.text_format.format(task=task)), style=self.style, justify=self.justify)


console = Terminal()
errors = Terminal(stderr=True)


def say(text: str, style: str | None = None, *, to: Console | None = None) -> None:
    """Print one line for people, however long."""
    (to or console).print(terminal(text), style=style, soft_wrap=True)


def marked(mark: str, style: str, text: str, *, to: Console | None = None) -> None:
    """Print a line that begins with a coloured word."""
    (to or console).print(Text.assemble((terminal(mark), style), terminal(text)), soft_wrap=True)


def note(text: str) -> None:
    """Print something that a person should know on stderr, because scripts read stdout."""
    marked("note", "yellow", f": {text}", to=errors)


def print_json(value: Any) -> None:
    """Print one indented JSON document on stdout."""
    document = orjson.dumps(value, default=str, option=JSON_OPTIONS | orjson.OPT_INDENT_2).decode()
    typer.echo(json_text(document))


def one_line(value: Any) -> str:
    """Return JSON on one line, for streams of events."""
    return json_text(orjson.dumps(value, default=str, option=JSON_OPTIONS).decode())


def fail(message: str, code: int, *, as_json: bool = False, error: str = "failed") -> NoReturn:
    """Print an error once and exit with `code`."""
    if as_json:
        print_json({"error": {"code": error, "message": message}})
    else:
        marked(error, "red", f": {message}", to=errors)
    raise typer.Exit(code)


def fail_with(error: MeshError, *, as_json: bool = False) -> NoReturn:
    """Call `fail` for a typed error of the mesh."""
    code = NOT_READY if error.code in LATER else FAILED
    if error.code == InvalidRequest.code:
        code = USAGE
    fail(error.message, code, as_json=as_json, error=error.code)
