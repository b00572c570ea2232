"""`cli.md`: every command of `sonicmesh`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import typer

from cli.main import app
from reference.markdown import anchor, code, joined, opening, sentence, table

TOLD: Final = (
    "Every command of `sonicmesh`, which is `.venv/bin/sonicmesh` after `make run`. `sonicmesh COMMAND "
    "--help` prints the same. With `--json` a command prints one JSON document on stdout and nothing else."
)


def page() -> str:
    """Returns the whole page."""
    root: Any = typer.main.get_command(app)
    commands = list(_commands(root, "sonicmesh"))
    rows = [(f"[`{name}`](#{anchor(name)})", _short(each)) for name, each in commands]
    parts = [_section(name, each) for name, each in commands]
    told = opening("The command", f"{TOLD}\n\n{sentence(root.epilog)}", "the commands in `cli/`")
    return joined([told, table(("command", "what it does"), rows), *parts])


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for called, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from _commands(each, f"{name} {called}")
        else:
            yield f"{name} {called}", each


def _short(command: Any) -> str:
    return sentence((command.help or "").partition("\n")[0])


def _section(name: str, command: Any) -> str:
    arguments = " ".join(f"{_usage(each)}" for each in command.params if each.param_type_name == "argument")
    usage = " ".join(filter(None, [name, arguments, "[OPTIONS]"]))
    rows = [_row(each) for each in command.params if not getattr(each, "hidden", False)]
    options = table(("argument or option", "type", "default", "meaning"), rows)
    return f"## `{name}`\n\n{sentence(command.help or '')}\n\n```\n{usage}\n```\n\n{options}"


def _usage(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _row(parameter: Any) -> tuple[str, str, str, str]:
    if parameter.param_type_name == "argument":
        name = f"`{parameter.name.upper()}`"
    else:
        name = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    told = "" if default is None or default is False or callable(default) else code(_plain(default))
    return name, _type(parameter), "needed" if parameter.required else told, sentence(parameter.help or "")


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | list) else str(value)


def _type(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    annotation = parameter.type_descriptor.annotation
    inner = getattr(annotation, "__args__", (annotation,))[0]
    told = {"str": "text", "Path": "path"}.get(inner.__name__, inner.__name__)
    bounds = f", {parameter.min:g} to {parameter.max:g}" if parameter.max is not None else ""
    return f"{told}{bounds}"
