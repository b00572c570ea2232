"""`settings.md`: every variable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from annotated_types import Ge, Gt, Le
from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo

from broker.settings import BrokerSettings
from cli.commands.config import SECTIONS
from contract.settings import MeshSettings
from gateway.settings import GatewaySettings
from reference.markdown import joined, opening, span, table
from workers.library.settings import LibrarySettings
from workers.runtime.settings import WorkerSettings
from workers.search.settings import SearchSettings

TOLD: Final = (
    "Settings come from the environment, else from the file `.env` beside `supervisord.conf`, else from `settings.env` "
    "in the data folder, which the [first run](../operate/first-run.md) writes. `sonicmesh config` "
    "prints each with its value here. A relative path is relative to the project's folder, which `SONICMESH_HOME` "
    "moves; an empty value counts as unset. A process that reads a bad value prints one line on stderr "
    "and ends with exit code 2. The command `sonicmesh` reads whichever settings it needs."
)
#: Processes, and the settings that each one loads.
PROCESSES: Final[Mapping[str, type[MeshSettings]]] = {
    "broker": BrokerSettings,
    "models": WorkerSettings,
    "library": LibrarySettings,
    "search": SearchSettings,
    "gateway": GatewaySettings,
}
HEADINGS: Final = {
    MeshSettings: "Every process",
    BrokerSettings: "Broker",
    WorkerSettings: "Workers",
    LibrarySettings: "Library",
    SearchSettings: "Search",
    GatewaySettings: "Gateway",
}


def page() -> str:
    """Returns the whole page; each variable appears under the first heading that has it."""
    told: set[str] = set()
    sections = []
    for section in SECTIONS:
        named = {variables(field, name): field for name, field in section.model_fields.items()}
        new = {names: field for names, field in named.items() if names[0] not in told}
        told |= {names[0] for names in new}
        sections.append(f"## {HEADINGS[section]}\n\n{_table(new)}")
    return joined([opening("Settings", TOLD, "the classes of settings"), *sections])


def variables(field: FieldInfo, name: str) -> tuple[str, ...]:
    """Returns the names of a setting's variable, the preferred one first."""
    alias = field.validation_alias
    return tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (str(alias or name).upper(),)


def _table(fields: Mapping[tuple[str, ...], FieldInfo]) -> str:
    rows = [
        (
            " or ".join(f"`{name}`" for name in names),
            _default(field),
            field.description or "",
            _limits(field.metadata),
            _readers(names[0]),
        )
        for names, field in fields.items()
    ]
    return table(("variable", "default", "meaning", "bounds", "read by"), rows)


def _default(field: FieldInfo) -> str:
    return shown(field.get_default(call_default_factory=True), is_mode="permissions" in (field.description or ""))


def shown(value: Any, *, is_mode: bool = False) -> str:
    """Returns a default as it appears in `.env`; empty if the default is empty."""
    if value is None or value in ("", ()) or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(map(str, value))}`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, Path):
        assert not value.is_absolute(), f"{value} is a path of one machine"
    return f"`{value:04o}`" if is_mode else f"`{value}`"


def _limits(marks: Sequence[Any]) -> str:
    least = next((mark.ge for mark in marks if isinstance(mark, Ge)), None)
    most = next((mark.le for mark in marks if isinstance(mark, Le)), None)
    above = [f"above {mark.gt:,}" for mark in marks if isinstance(mark, Gt)]
    return ", ".join([*above, *span(least, most)])


def _readers(variable: str) -> str:
    found = [name for name, kind in PROCESSES.items() if any(variable in variables(f, n) for n, f in _fields(kind))]
    return "all" if len(found) == len(PROCESSES) else ", ".join(found)


def _fields(kind: type[MeshSettings]) -> Iterable[tuple[str, FieldInfo]]:
    return kind.model_fields.items()
