"""Check for the packages that `make models` installs, without importing them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from contract.errors import ModelUnavailable


def require_packages(model: str, names: Iterable[str]) -> None:
    """Raise `ModelUnavailable`, which names the missing packages, unless all are installed."""
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise ModelUnavailable(
            f"model {model!r} needs packages that are not installed ({', '.join(missing)}); `make models` installs them"
        )
