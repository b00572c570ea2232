"""`scale.json`: how many workers of each model `sonicmesh scale` asked for."""

from __future__ import annotations

import orjson

from cli.programs import MAX_MEMBERS
from workers.library.backup.manifest import BadBackup


def check_scale(content: bytes) -> None:
    """Raise `BadBackup` if the file is not what `sonicmesh scale` writes."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadBackup(f"its scale.json cannot be read: {error}") from None
    numbers = value.values() if isinstance(value, dict) else [None]
    if not all(type(number) is int and 0 <= number <= MAX_MEMBERS for number in numbers):
        raise BadBackup(f"its scale.json is not a list of models with 0 to {MAX_MEMBERS} workers each")
