"""Whether a model can be taught words here."""

from __future__ import annotations

from contract.errors import InvalidRequest, TextUnavailable
from workers.models.registry import spec
from workers.models.text.trained import missing_packages


def check_possible(model: str) -> None:
    """Raise `InvalidRequest` for a model that can read or is not known, `TextUnavailable` without torch."""
    if spec(model).text:
        raise InvalidRequest(f"{model} understands texts by itself; nothing has to be trained", {"field": "model"})
    missing = missing_packages()
    if missing:
        raise TextUnavailable(
            f"training needs packages that are not installed ({', '.join(missing)}); `make models` installs them"
        )
