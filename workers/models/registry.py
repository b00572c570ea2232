"""The registry of models. Importing it loads neither a model nor torch.

Each built-in model is one entry here. Other packages add theirs with an entry point in the group `sonicmesh.models`
that names a `ModelSpec`:

    [project.entry-points."sonicmesh.models"]
    mymodel = "my_package.mesh:SPEC"
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final

from contract.errors import InvalidRequest
from workers.models.spec import ModelSpec

#: Entry-point group through which other packages add models.
GROUP: Final = "sonicmesh.models"

#: Models that clients of other systems request but that no installation has: accepted, but they never answer.
FOREIGN_MODELS: Final = frozenset({"qwen3"})

log = logging.getLogger(__name__)

#: The model of a new installation: with the weights of `musicnn`, and without them.
DEFAULT, FALLBACK = "fusion", "spectral"
NON_COMMERCIAL: Final = "CC-BY-NC 4.0 (weights: no commercial use)"

BUILT_IN: Final = (
    ModelSpec(
        "spectral",
        dimension=96,
        collection="spectral_embedding",
        adapter="workers.models.spectral.adapter:SpectralAdapter",
        license="MIT",
        description="Timbre, harmony, rhythm and dynamics; built in, no download, no GPU",
    ),
    ModelSpec(
        "fusion",
        dimension=224,
        collection="fusion_embedding",
        adapter="workers.models.fusion.adapter:FusionAdapter",
        license="MIT; ISC (weights of the musicnn wheel)",
        description="What spectral computes and musicnn has learned, in one vector; no torch, no GPU",
    ),
    ModelSpec(
        "musicnn",
        dimension=400,
        collection="musicnn_embedding",
        adapter="workers.models.musicnn.adapter:MusicnnAdapter",
        license="ISC (weights of the musicnn wheel)",
        description="musicnn: two trained taggers; a wheel of 29 MB, no torch, no GPU",
    ),
    ModelSpec(
        "muq",
        dimension=1536,
        base_dimension=512,
        collection="embedding",
        adapter="workers.models.muq.adapter:MuQAdapter",
        license=NON_COMMERCIAL,
        description="MuQ-MuLan: music and text in one space, 120 s windows",
        text=True,
        torch=True,
    ),
    ModelSpec(
        "mert",
        dimension=76800,
        base_dimension=25600,
        collection="mert_embedding",
        adapter="workers.models.mert.adapter:MertAdapter",
        license=NON_COMMERCIAL,
        description="MERT-v1-330M: 25 layers of a self-supervised music model, 30 s windows",
        torch=True,
    ),
    ModelSpec(
        "latent",
        dimension=576,
        base_dimension=192,
        collection="latent_embedding",
        adapter="workers.models.latent.adapter:LatentAdapter",
        license=NON_COMMERCIAL,
        description="Music2Latent: the latent of an audio codec, stereo, whole tracks",
        torch=True,
    ),
)


def discover(points: Iterable[EntryPoint]) -> dict[str, ModelSpec]:
    """Return the built-in models and those of `points`; logs unusable ones with the reason and leaves them out."""
    models = {model.name: model for model in BUILT_IN}
    for point in points:
        try:
            loaded = point.load()
        except Exception as error:  # noqa: BLE001  another package's import may raise anything
            log.error("model %r of %r cannot be imported: %r", point.name, point.value, error)
            continue
        reason = _unusable(loaded, models)
        if reason:
            log.error("model %r of %r is left out: %s", point.name, point.value, reason)
        else:
            models[loaded.name] = loaded
    return models


def _unusable(loaded: object, models: dict[str, ModelSpec]) -> str:
    if not isinstance(loaded, ModelSpec):
        return f"expected a ModelSpec, not {type(loaded).__name__}"
    for other in models.values():
        same = [
            field for field in ("name", "dimension", "collection") if getattr(loaded, field) == getattr(other, field)
        ]
        if same:
            return f"its {' and '.join(same)} are those of {other.name!r}"
    return ""


@cache
def models() -> dict[str, ModelSpec]:
    """Return every known model by name; `MODELS` is the same.

    Imports other packages on the first call, not earlier, because one of them may be importing this module.
    """
    return discover(entry_points(group=GROUP))


if TYPE_CHECKING:
    MODELS: dict[str, ModelSpec]


def __getattr__(name: str) -> dict[str, ModelSpec]:
    if name == "MODELS":
        return models()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def spec(name: str) -> ModelSpec:
    """Return the model `name`. Raises `InvalidRequest`, which lists the known models."""
    by_name = models()
    if name not in by_name:
        raise InvalidRequest(
            f"there is no model {name!r}; the models are {', '.join(by_name)}", {"models": list(by_name)}
        )
    return by_name[name]
