"""Check whether a text projection can be trained for a model here."""

from __future__ import annotations

from contract.errors import InvalidRequest, TextUnavailable
from workers.models.registry import spec
from workers.models.text.trained import missing_packages


def check_possible(model: str) -> None:
    """Raise `InvalidRequest` if the model has its own text side or is unknown, `TextUnavailable` without torch."""
    if spec(model).text:
        raise InvalidRequest(f"{model} already understands texts; there is nothing to train", {"field": "model"})
    missing = missing_packages()
    if missing:
        raise TextUnavailable(
            f"training needs packages that are not installed ({', '.join(missing)}); `make models` installs them"
        )
