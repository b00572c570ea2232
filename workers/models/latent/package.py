"""The `music2latent` package, used without what it does on its own: downloading, and unpickling whatever there is.

Its hyper-parameters are module-level names. A checkpoint of other sizes carries them beside it as
`music2latent.json`, and they hold while its encoder is built or run.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from torch import nn

from contract.errors import ModelUnavailable
from workers.models.neural.build import empty
from workers.models.neural.weights import fit, read_checkpoint, refuse_unexpected

#: Modules of the package that hold a copy of the hyper-parameters each.
MODULES = ("hparams", "hparams_inference", "audio", "utils", "models", "inference")
#: Prefixes of the state dict: the encoder's, which is used.
ENCODER_NAMES = {"": "encoder."}
#: Everything that decodes.
UNUSED = (r"(?!encoder\.).*",)


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """Those that differ from the package's own, and what follows from all of them for cutting audio."""

    changed: Mapping[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """The package has these hyper-parameters until the block ends."""
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
        """One hyper-parameter. Raises `AttributeError` where the package has none of that name."""
        if name in self.changed:
            return self.changed[name]
        for module in ("hparams", "hparams_inference"):
            found = import_module(f"music2latent.{module}")
            if hasattr(found, name):
                return getattr(found, name)
        raise AttributeError(name)


def load_encoder(weights: Path) -> tuple[nn.Module, HyperParameters]:
    """The encoder on the CPU, in inference mode. Raises `ModelUnavailable` that names what is wrong, and what to do."""
    parameters = read_parameters(weights.with_suffix(".json"))
    state = read_checkpoint(weights).get("gen_state_dict")
    if not isinstance(state, dict):
        raise ModelUnavailable(f"{weights} holds no 'gen_state_dict': it is no checkpoint of Music2Latent")
    with parameters.hold():
        encoder: nn.Module = empty(import_module("music2latent.models").Encoder)
    used = fit(encoder, state, weights, names=ENCODER_NAMES)
    refuse_unexpected(state, used, UNUSED, weights)
    return encoder, parameters


def read_parameters(path: Path) -> HyperParameters:
    """Those of the file, where there is one. Raises `ModelUnavailable` for names that the package does not know."""
    if not path.is_file():
        return HyperParameters()
    try:
        changed = json.loads(path.read_bytes())
        known = HyperParameters()
        for name in changed.keys():  # noqa: SIM118  what is no map is an error too
            known.get(name)
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{path} holds no hyper-parameters of music2latent ({error})") from error
    return HyperParameters(changed)
