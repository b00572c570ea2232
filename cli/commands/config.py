"""`sonicmesh config`: every setting, its value here, its default and what it means."""

from __future__ import annotations

from typing import Any

from pydantic import AliasChoices
from rich.table import Table

from broker.settings import MeshSettings, load_settings
from cli import output
from cli.commands.options import AsJson
from gateway.settings import GatewaySettings
from workers.library.settings import LibrarySettings
from workers.search.settings import SearchSettings
from workers.settings import WorkerSettings

#: Rooms in the order in which they are printed; a setting is shown with the first that has it.
ROOMS: tuple[type[MeshSettings], ...] = (MeshSettings, WorkerSettings, LibrarySettings, SearchSettings, GatewaySettings)
#: Words in a variable's name whose value is never printed.
SECRET_WORDS = ("TOKEN", "KEY")


def _variable(alias: Any, name: str) -> str:
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else str(alias or name).upper()


def settings_rows() -> list[dict[str, Any]]:
    """`variable`, `value`, `default`, `description` of every setting. Raises `SettingsError` for a bad value."""
    rows: dict[str, dict[str, Any]] = {}
    for room in ROOMS:
        loaded = load_settings(room)
        for name, field in room.model_fields.items():
            variable = _variable(field.validation_alias, name)
            value = str(getattr(loaded, name))
            if value and any(word in variable for word in SECRET_WORDS):
                value = "(set)" if value not in {"None", "()"} else value
            default = field.get_default(call_default_factory=True)
            rows.setdefault(
                variable,
                {"variable": variable, "value": value, "default": str(default), "description": field.description},
            )
    return list(rows.values())


def config(as_json: AsJson = False) -> None:
    """Print every setting. Put changes into `.env` beside supervisord.conf; `sonicmesh stop` and `run` apply them."""
    rows = settings_rows()
    if as_json:
        output.print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for column in ("variable", "value", "default", "description"):
        table.add_column(column, overflow="fold")
    for row in rows:
        changed = row["value"] != row["default"]
        table.add_row(
            row["variable"], f"[bold]{row['value']}" if changed else row["value"], row["default"], row["description"]
        )
    output.console.print(table)
