"""Names that older guides use for logs and pid files, as links to ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from broker.pid_file import SUFFIX
from contract.settings import MeshSettings

#: The guide's services, and the process that does their work here: the gateway serves both ports and the socket.
PROCESSES: Final[Mapping[str, str]] = {
    "recommender_api": "gateway",
    "text_embedding": "gateway",
    "embedding_server": "gateway",
}


def link_guide_names(settings: MeshSettings, *, logs: bool) -> None:
    """Make the links where nothing of that name exists; a folder that cannot be written is no error."""
    for link, target in _links(settings, logs=logs):
        with contextlib.suppress(OSError):
            if not link.exists() and not link.is_symlink():
                link.symlink_to(target)


def remove_pid_files(settings: MeshSettings) -> None:
    """Remove what killed processes left in `PID_DIR`, and the links."""
    names = {f"{name}{SUFFIX}" for name in PROCESSES}
    for path in settings.pids.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            if path.name in names or path.read_text(encoding="ascii").strip().isdigit():
                path.unlink()


def _links(settings: MeshSettings, *, logs: bool) -> Iterator[tuple[Path, str]]:
    for name, process in PROCESSES.items():
        yield settings.pids / f"{name}{SUFFIX}", f"{process}{SUFFIX}"
        if logs:
            yield settings.logs / f"{name}.log", f"{process}.log"
