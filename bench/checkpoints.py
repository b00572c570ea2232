"""`python -m bench.checkpoints FOLDER`: small random checkpoints in the architecture and layout of the published ones.

With them the neural models run in seconds, without a download; the vectors are meaningless. Weights are derived from
names (see `bench.golden`), so a folder is the same on every machine.
"""

from __future__ import annotations

import argparse
import json
import string
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch import Tensor, nn

from bench.golden import tensors, write_config, write_weights
from workers.models.latent.package import HyperParameters
from workers.models.mert.config import hubert_config
from workers.models.mert.model import LayerMeans
from workers.models.muq.audio import AUDIO_NAMES, AudioTower
from workers.models.muq.config import parse
from workers.models.muq.text import TEXT_NAMES, TextTower
from workers.models.neural.build import empty
from workers.models.text.projection import ProjectionConfig, head_module

#: Heads of every attention layer; widths are multiples of it.
HEADS = 4
#: Hyper-parameters of the small Music2Latent: those that matter, under the package's names, and chunks of 10 s.
SMALL_LATENT: Mapping[str, Any] = {
    "base_channels": 4,
    "multipliers_list": [1, 1, 1, 1, 1],
    "attention_list_encoder": [0, 0, 0, 0, 1],
    "bottleneck_base_channels": 16,
    "num_bottleneck_layers": 1,
    "cond_channels": 16,
    "heads": 2,
    "max_waveform_length_encode": 441_000,
}
#: Tokens of the small tokenizers: special tokens in XLM-R's order, a space, letters.
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
LETTERS = ("▁", *string.ascii_lowercase)
#: Entries in a published MuQ-MuLan that inference does not need.
UNUSED_MUQ: Mapping[str, tuple[int, ...]] = {
    "mulan.audio.aggregator.weight": (1, 25, 1),
    "mulan.audio.model.model.cls_token": (32,),
    "mulan.audio.model.model.conformer.pos_conv_embed.conv.bias": (32,),
    "mulan.text.model.pooler.dense.bias": (32,),
    "mulan.contrast.temperatures": (1, 1, 1),
}


def write_all(folder: Path) -> None:
    """Write the three models below `folder`."""
    write_muq(folder)
    write_mert(folder)
    write_latent(folder)


def write_muq(folder: Path, *, width: int = 32, depth: int = 1, safetensors: bool = True) -> None:
    """Write MuQ-MuLan's three repositories; the first holds the towers' weights."""
    mulan, muq, roberta = muq_configs(width, depth)
    config = parse(mulan, muq, roberta)
    names = dict(UNUSED_MUQ)
    for module, prefixes in (
        (empty(lambda: AudioTower(config)), AUDIO_NAMES),
        (empty(lambda: TextTower(config)), TEXT_NAMES),
    ):
        for name, shape in shapes(module).items():
            prefix = next(prefix for prefix in prefixes if name.startswith(prefix))
            names[prefixes[prefix] + name.removeprefix(prefix)] = shape
    write_config(folder / "MuQ-MuLan-large", "config.json", mulan)
    write_weights(folder / "MuQ-MuLan-large", tensors(names), safetensors=safetensors)
    write_config(folder / "MuQ-large-msd-iter", "config.json", muq)
    write_config(folder / "xlm-roberta-base", "config.json", roberta)
    tokenizer().save(str(folder / "xlm-roberta-base" / "tokenizer.json"))


def muq_configs(width: int, depth: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Returns three `config.json` with the relevant published keys; as published, `w2v2_config` has wrong sizes."""
    mulan = {
        "mulan": {"sr": 24000, "clip_secs": 10, "dim_latent": 512},
        "audio_model": {"name": "OpenMuQ/MuQ-large-msd-iter", "model_dim": width, "use_layer_idx": -1},
        "text_model": {"name": "xlm-roberta-base", "model_dim": None, "use_layer_idx": -1},
        "audio_transformer": {"dim": width, "tf_depth": 0},
        "text_transformer": {"dim": width, "tf_depth": depth, "dim_head": 16, "heads": HEADS, "ff_mult": 4},
    }
    muq = {
        "features": ["melspec_2048"],
        "hop_length": 240,
        "n_mels": 128,
        "conv_dim": width // 4,
        "encoder_dim": width,
        "encoder_depth": depth,
        "stat": {"melspec_2048_mean": 6.768444971712967, "melspec_2048_std": 18.417922652295623},
        "w2v2_config": {
            "conv_depthwise_kernel_size": 31,
            "hidden_act": "swish",
            "hidden_size": 1024,
            "intermediate_size": 2 * width,
            "layer_norm_eps": 1e-5,
            "num_attention_heads": HEADS,
            "num_hidden_layers": 24,
            "position_embeddings_type": "rotary",
            "rotary_embedding_base": 10000,
        },
    }
    return mulan, muq, roberta_config(width, depth)


def roberta_config(width: int, depth: int) -> dict[str, Any]:
    """Returns XLM-R's `config.json`."""
    return {
        "model_type": "xlm-roberta",
        "hidden_act": "gelu",
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 514,
        "num_attention_heads": HEADS,
        "num_hidden_layers": depth,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "type_vocab_size": 1,
        "vocab_size": len(SPECIALS) + len(LETTERS),
    }


def write_mert(folder: Path, *, width: int = 16, depth: int = 2, safetensors: bool = True) -> None:
    """Write MERT's repository."""
    config = mert_config(width, depth)
    names = shapes(empty(lambda: LayerMeans(hubert_config(config), normalise=True)).hubert)
    names["masked_spec_embed"] = (width,)
    if not safetensors:
        names = {
            name.replace("parametrizations.weight.original0", "weight_g").replace(
                "parametrizations.weight.original1", "weight_v"
            ): shape
            for name, shape in names.items()
        }
    target = folder / "MERT-v1-330M"
    write_config(target, "config.json", config)
    write_config(target, "preprocessor_config.json", {"do_normalize": True, "sampling_rate": 24000})
    write_weights(target, tensors(names), safetensors=safetensors)


def mert_config(width: int, depth: int) -> dict[str, Any]:
    """Returns MERT's `config.json`."""
    return {
        "model_type": "mert_model",
        "attention_relax": 32.0,
        "auto_map": {"AutoModel": "modeling_MERT.MERTModel"},
        "conv_bias": False,
        "conv_dim": [width // 2] * 7,
        "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "deepnorm": False,
        "do_stable_layer_norm": True,
        "feat_extract_activation": "gelu",
        "feat_extract_norm": "group",
        "feat_proj_layer_norm": True,
        "feature_extractor_cqt": False,
        "hidden_act": "gelu",
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "layer_norm_eps": 1e-5,
        "mask_time_prob": 0.05,
        "num_attention_heads": HEADS,
        "num_conv_pos_embedding_groups": HEADS,
        "num_conv_pos_embeddings": 128,
        "num_hidden_layers": depth,
        "sample_rate": 24000,
    }


def write_latent(folder: Path, parameters: Mapping[str, Any] = SMALL_LATENT) -> None:
    """Write Music2Latent's checkpoint including the decoder, with its hyper-parameters beside it if any are given."""
    with HyperParameters(parameters).hold():
        network: nn.Module = empty(import_module("music2latent.models").UNet)
    target = folder / "music2latent"
    target.mkdir(parents=True, exist_ok=True)
    torch.save({"gen_state_dict": tensors(shapes(network))}, target / "music2latent.pt")
    if parameters:
        (target / "music2latent.json").write_text(json.dumps(dict(parameters)))


def write_projection(folder: Path, model: str, audio_dim: int, *, width: int = 32) -> None:
    """Write `{model}_best_r1.pt` and the folder of its text encoder."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    config = ProjectionConfig("small-text-encoder", width, 2 * width, audio_dim)
    roberta = roberta_config(width, 1)
    encoder = empty(lambda: XLMRobertaModel(XLMRobertaConfig(**roberta)))
    source = folder / config.text_model_name
    write_config(source, "config.json", roberta)
    write_config(source, "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
    tokenizer().save(str(source / "tokenizer.json"))
    checkpoint = {
        "config": {name: getattr(config, name) for name in config.__slots__},
        "text_encoder_state_dict": tensors(shapes(encoder)),
        "projection_state_dict": tensors(shapes(empty(lambda: head_module(config)))),
    }
    torch.save(checkpoint, folder / f"{model}_best_r1.pt")


def shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """Returns names and shapes of a module's state dict."""
    state: dict[str, Tensor] = module.state_dict()
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def tokenizer() -> Tokenizer:
    """Returns a tokenizer that emits single letters within `<s> ... </s>`."""
    vocabulary = [(token, 0.0) for token in SPECIALS] + [(letter, -1.0) for letter in LETTERS]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIALS.index("<unk>"), byte_fallback=False))
    made.add_special_tokens(list(SPECIALS))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", SPECIALS.index("</s>"))]
    )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.checkpoints", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder to write; set TEXT_EMBEDDING_CHECKPOINT_DIR to it")
    folder: Path = parser.parse_args().folder
    write_all(folder)
    print(f"small random checkpoints of muq, mert and latent are in {folder}")


if __name__ == "__main__":
    main()
