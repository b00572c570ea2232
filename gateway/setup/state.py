"""Whether the mesh is set up: whether the environment, `.env` or the first run named Navidrome's database."""

from __future__ import annotations

from contract.settings import DatabaseSettings, load_settings
from gateway.settings import GatewaySettings


def is_set_up(settings: GatewaySettings) -> bool:
    """Return whether a database is named: in this process's settings, or in the files as they are now."""
    return settings.database is not None or load_settings(DatabaseSettings).database is not None
