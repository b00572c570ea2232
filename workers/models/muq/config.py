"""Parse MuQ-MuLan's three `config.json` and check that this code can compute what they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from contract.errors import ModelUnavailable
from workers.models.muq.conformer import ConformerConfig
from workers.models.muq.files import REPOSITORY
from workers.models.muq.mel import MelConfig

#: The published model's only kind of input.
FEATURE: Final = "melspec_2048"


@dataclass(frozen=True, slots=True)
class TextConfig:
    """The configuration of the second text transformer, and that of XLM-R."""

    width: int
    depth: int
    heads: int
    head_width: int
    multiplier: float
    roberta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MuLanConfig:
    """The configuration of the whole model; `clip` is in samples at `mel.rate`, `latent` the length of a vector."""

    mel: MelConfig
    conformer: ConformerConfig
    text: TextConfig
    audio_width: int
    latent: int
    clip: int


def parse(mulan: Mapping[str, Any], muq: Mapping[str, Any], roberta: Mapping[str, Any]) -> MuLanConfig:
    """Parse the contents of the three files. Raises `ModelUnavailable` if they describe another architecture."""
    try:
        _refuse_others(mulan, muq)
        return MuLanConfig(
            mel=_mel(mulan, muq),
            conformer=_conformer(muq),
            text=_text(mulan["text_transformer"], roberta),
            audio_width=int(mulan["audio_transformer"]["dim"]),
            latent=int(mulan["mulan"]["dim_latent"]),
            clip=int(mulan["mulan"]["clip_secs"] * mulan["mulan"]["sr"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _other_model(f"{type(error).__name__}: {error}") from error


def _refuse_others(mulan: Mapping[str, Any], muq: Mapping[str, Any]) -> None:
    """Refuse options that the published model does not use, because this code does not implement them."""
    expected = {
        "audio_transformer.tf_depth": (mulan["audio_transformer"]["tf_depth"], 0),
        "audio_model.use_layer_idx": (mulan["audio_model"]["use_layer_idx"], -1),
        "text_model.use_layer_idx": (mulan["text_model"]["use_layer_idx"], -1),
        "features": (muq["features"], [FEATURE]),
        "w2v2_config.position_embeddings_type": (muq["w2v2_config"]["position_embeddings_type"], "rotary"),
        "w2v2_config.hidden_act": (muq["w2v2_config"]["hidden_act"], "swish"),
    }
    for name, (actual, wanted) in expected.items():
        if actual != wanted:
            raise _other_model(f"{name} is {actual!r}, expected {wanted!r}")


def _mel(mulan: Mapping[str, Any], muq: Mapping[str, Any]) -> MelConfig:
    stat = muq["stat"]
    return MelConfig(
        rate=int(mulan["mulan"]["sr"]),
        hop=int(muq["hop_length"]),
        bands=int(muq["n_mels"]),
        mean=float(stat[f"{FEATURE}_mean"]),
        deviation=float(stat[f"{FEATURE}_std"]),
    )


def _conformer(muq: Mapping[str, Any]) -> ConformerConfig:
    """Take width and depth from the outer configuration, because those in `w2v2_config` are wrong."""
    inner = muq["w2v2_config"]
    return ConformerConfig(
        bands=int(muq["n_mels"]),
        channels=int(muq["conv_dim"]),
        width=int(muq["encoder_dim"]),
        depth=int(muq["encoder_depth"]),
        heads=int(inner["num_attention_heads"]),
        inner=int(inner["intermediate_size"]),
        kernel=int(inner["conv_depthwise_kernel_size"]),
        rotary_base=float(inner["rotary_embedding_base"]),
        eps=float(inner["layer_norm_eps"]),
    )


def _text(transformer: Mapping[str, Any], roberta: Mapping[str, Any]) -> TextConfig:
    return TextConfig(
        width=int(transformer["dim"]),
        depth=int(transformer["tf_depth"]),
        heads=int(transformer["heads"]),
        head_width=int(transformer["dim_head"]),
        multiplier=float(transformer["ff_mult"]),
        roberta=roberta,
    )


def _other_model(what: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"the configuration is not that of {REPOSITORY} ({what}); `sonicmesh models download muq` fetches the right one"
    )
