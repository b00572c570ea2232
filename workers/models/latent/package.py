"""Use the `music2latent` package without its own loading code, which downloads files and unpickles anything.

The package keeps its hyper-parameters in module-level names. A checkpoint of another size has its own in
`music2latent.json` beside it; they apply while its encoder is built or run.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from torch import nn

from contract.errors import ModelUnavailable
from workers.models.neural.build import empty
from workers.models.neural.weights import fit, read_checkpoint, refuse_unexpected

#: Modules of the package that each hold a copy of the hyper-parameters.
MODULES: Final = ("hparams", "hparams_inference", "audio", "utils", "models", "inference")
#: The encoder's prefix in the state dict.
ENCODER_NAMES: Final = {"": "encoder."}
#: Everything but the encoder.
UNUSED: Final = (r"(?!encoder\.).*",)


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """The package's hyper-parameters, with those that a checkpoint has `changed`."""

    changed: Mapping[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Set the package's hyper-parameters to these until the block ends."""
        before: list[tuple[Any, str, Any]] = []
        for module in (import_module(f"music2latent.{name}") for name in MODULES):
            for name, value in self.changed.items():
                if hasattr(module, name):
                    before.append((module, name, getattr(module, name)))
                    setattr(module, name, value)
        try:
            yield
        finally:
            for module, name, value in before:
                setattr(module, name, value)

    def get(self, name: str) -> Any:
        """Return one hyper-parameter. Raises `AttributeError` if the package has none of that name."""
        if name in self.changed:
            return self.changed[name]
        for module in ("hparams", "hparams_inference"):
            module_of = import_module(f"music2latent.{module}")
            if hasattr(module_of, name):
                return getattr(module_of, name)
        raise AttributeError(name)


def load_encoder(weights: Path, defaults: Mapping[str, Any] | None = None) -> tuple[nn.Module, HyperParameters]:
    """Load the encoder on the CPU, in inference mode. `defaults` are hyper-parameters that the checkpoint may change.

    Raises `ModelUnavailable`: what is wrong, and what to do.
    """
    own = read_parameters(weights.with_suffix(".json"))
    parameters = HyperParameters({**(defaults or {}), **own.changed})
    state = read_checkpoint(weights).get("gen_state_dict")
    if not isinstance(state, dict):
        raise ModelUnavailable(f"{weights} holds no 'gen_state_dict': it is not a checkpoint of Music2Latent")
    with parameters.hold():
        encoder: nn.Module = empty(import_module("music2latent.models").Encoder)
    used = fit(encoder, state, weights, names=ENCODER_NAMES)
    refuse_unexpected(state, used, UNUSED, weights)
    return encoder, parameters


def read_parameters(path: Path) -> HyperParameters:
    """Read the file, if it exists. Raises `ModelUnavailable` for names that the package does not know."""
    if not path.is_file():
        return HyperParameters()
    try:
        changed = json.loads(path.read_bytes())
        defaults = HyperParameters()
        for name in changed.keys():  # noqa: SIM118  fails if this is not a map
            defaults.get(name)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{path} has no hyperparameters of music2latent ({error})") from error
    return HyperParameters(changed)
