"""What a compose file would start: its services with variables filled in, files merged, and volumes as mounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

#: `${NAME}`, `${NAME:-default}` and `${NAME-default}`.
VARIABLE: Final = re.compile(r"\$\{(?P<name>[A-Z_][A-Z0-9_]*)(?::?-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Mount:
    """One volume of a service; `source` is a path, or the name of a volume."""

    source: str
    target: str
    mode: str

    @property
    def named(self) -> bool:
        return not self.source.startswith((".", "/", "~"))


def read(path: Path) -> dict[str, Any]:
    """The file as it stands."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def variables(path: Path) -> dict[str, str | None]:
    """The variables that a file asks for, with their defaults (None: it must be set)."""
    return {found["name"]: found["default"] for found in VARIABLE.finditer(path.read_text(encoding="utf-8"))}


def filled(document: Any, values: Mapping[str, str]) -> Any:
    """The document with variables replaced by `values`, else by their defaults. Raises `KeyError`."""
    if isinstance(document, dict):
        return {key: filled(value, values) for key, value in document.items()}
    if isinstance(document, list):
        return [filled(value, values) for value in document]
    if not isinstance(document, str):
        return document

    def replaced(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        return values[name] if default is None else values.get(name) or default

    return VARIABLE.sub(replaced, document)


def merged(below: Any, above: Any) -> Any:
    """Two files as compose merges them: maps by key, lists one after the other, anything else replaced."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {key: merged(below.get(key), above.get(key)) for key in [*below, *(k for k in above if k not in below)]}
    if isinstance(below, list) and isinstance(above, list):
        return [*below, *above]
    return below if above is None else above


def mounts(service: Mapping[str, Any], secrets: Mapping[str, Any]) -> list[Mount]:
    """The volumes of a service, and its secrets as files."""
    found = []
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        found.append(Mount(source, target, mode[0] if mode else "rw"))
    asked = service.get("secrets", [])
    return [*found, *(Mount(secrets[name]["file"], f"/run/secrets/{name}", "ro") for name in asked)]
