"""Convert MERT's configuration to that of HuBERT, whose architecture it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from huggingface_hub.errors import StrictDataclassError
from transformers import HubertConfig

from contract.errors import ModelUnavailable
from workers.models.mert.files import REPOSITORY

#: Settings that would change the computation, with the only supported values. `DROPPED` lists those that HuBERT does
#: not know; the others there do not affect inference (`attention_relax` divides and multiplies by the same number).
FOREIGN: Mapping[str, object] = {
    "deepnorm": False,
    "feature_extractor_cqt": False,
    "conv_pos_batch_norm": False,
    "feat_extract_activation": "gelu",
    "hidden_act": "gelu",
}
DROPPED: Final = frozenset(
    {
        "_name_or_path",
        "architectures",
        "attention_relax",
        "auto_map",
        "deepnorm",
        "dtype",
        "feature_extractor_cqt",
        "feature_extractor_cqt_bins",
        "model_type",
        "num_feat_extract_layers",
        "sample_rate",
        "tokenizer_class",
        "torch_dtype",
        "transformers_version",
    }
)
#: Accepted model types: MERT's own, and plain HuBERT, which has the same architecture.
MODEL_TYPES: Final = ("mert_model", "hubert")


def hubert_config(mert: Mapping[str, Any]) -> Any:
    """Build a `HubertConfig` from the contents of `config.json`. Raises `ModelUnavailable` for other architectures."""
    if mert.get("model_type") not in MODEL_TYPES:
        raise _other(f"model_type is {mert.get('model_type')!r}")
    for name, wanted in FOREIGN.items():
        if mert.get(name, wanted) != wanted:
            raise _other(f"{name} is {mert[name]!r}, expected {wanted!r}")
    values = {name: value for name, value in mert.items() if name not in DROPPED}
    try:
        # No masking: only training needs it, and without it the model has no mask embedding to load.
        return HubertConfig(**values | {"mask_time_prob": 0.0, "mask_feature_prob": 0.0, "layerdrop": 0.0})
    except (TypeError, ValueError, StrictDataclassError) as error:
        raise _other(str(error)) from error


def normalises(preprocessor: Mapping[str, Any], rate: int) -> bool:
    """Whether to scale windows to zero mean and unit variance. Raises `ModelUnavailable` for another rate."""
    if preprocessor.get("sampling_rate") != rate:
        raise _other(f"sampling_rate is {preprocessor.get('sampling_rate')!r}, expected {rate}")
    return bool(preprocessor.get("do_normalize", True))


def _other(what: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"the configuration is not that of {REPOSITORY} ({what}); `sonicmesh models download mert` fetches the right "
        "one"
    )
