"""Every generated file and what makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from reference import codes, command, constants, events, http, operations, settings, typescript

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = ROOT / "docs" / "reference"

GENERATED: Final[Mapping[Path, Callable[[], str]]] = {
    PAGES / "operations.md": operations.page,
    PAGES / "events.md": events.page,
    PAGES / "errors.md": codes.errors,
    PAGES / "warnings.md": codes.warnings,
    PAGES / "settings.md": settings.page,
    PAGES / "http.md": http.page,
    PAGES / "cli.md": command.page,
    constants.GO_FILE: constants.go,
    typescript.FILE: typescript.page,
}


def stale() -> dict[Path, str]:
    """Returns the correct content of each file that is out of date."""
    wanted = {path: make() for path, make in GENERATED.items()}
    return {path: content for path, content in wanted.items() if _content(path) != content}


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
