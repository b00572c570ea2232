"""`sonicmesh config`: every setting with its value, its default and its meaning."""

from __future__ import annotations

from typing import Any, Final

from pydantic import AliasChoices

from broker.settings import BrokerSettings
from cli import output
from cli.commands.options import AsJson
from contract.settings import MeshSettings, home, load_settings
from contract.settings_file import NAME as SETUP_FILE
from contract.settings_file import origin
from gateway.settings import GatewaySettings
from workers.library.settings import LibrarySettings
from workers.runtime.settings import WorkerSettings
from workers.search.settings import SearchSettings

#: Settings classes in the order of printing; a setting appears under the first class that has it.
SECTIONS: tuple[type[MeshSettings], ...] = (
    MeshSettings,
    BrokerSettings,
    WorkerSettings,
    LibrarySettings,
    SearchSettings,
    GatewaySettings,
)
#: Last words in the names of variables whose values are never printed.
SECRET_WORDS: Final = ("TOKEN", "KEY")


#: Where a setting stands, for people.
PLACES: Final = {"environment": "the environment", "file": ".env", "setup": SETUP_FILE}


def _variables(alias: Any, name: str) -> tuple[str, ...]:
    """Return the names of a setting's variable, the preferred one first."""
    return tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (str(alias or name).upper(),)


def _origin(*variables: str) -> str:
    """Return where a setting that is set comes from; the token may come from a file that another variable names."""
    found = origin(home(), *variables)
    return found if found != "default" else "file"


def settings_rows() -> list[dict[str, Any]]:
    """Return `variable`, `value`, `default`, `description`, `set` and `origin` of every setting.

    `origin`: where it is set: `environment`, `file` (`.env`), `setup` (by the first run), or `default`.

    Raises `SettingsError` for a bad value.
    """
    rows: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        loaded = load_settings(section)
        for name, field in section.model_fields.items():
            variable, *others = _variables(field.validation_alias, name)
            value = str(getattr(loaded, name))
            if value and variable.endswith(SECRET_WORDS):
                value = "(set)" if value not in {"None", "()"} else value
            default = field.get_default(call_default_factory=True)
            rows.setdefault(
                variable,
                {
                    "variable": variable,
                    "value": value,
                    "default": str(default),
                    "description": field.description,
                    "set": name in loaded.model_fields_set,
                    "origin": _origin(variable, *others) if name in loaded.model_fields_set else "default",
                },
            )
    return list(rows.values())


def config(as_json: AsJson = False) -> None:
    """Print every setting. Change them in `.env` beside supervisord.conf, then `sonicmesh stop` and `sonicmesh run`."""
    rows = settings_rows()
    if as_json:
        output.print_json(rows)
        return
    for row in rows:
        where = f"; set in {PLACES[row['origin']]}" if row["origin"] in PLACES else ""
        style, default = ("bold", f" (default: {row['default'] or 'none'}{where})") if row["set"] else ("", "")
        output.say(f"{row['variable']}={row['value']}", style=style)
        output.say(f"    {row['description']}{default}", style="dim")
