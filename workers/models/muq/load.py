"""Load MuQ-MuLan from its three repositories: configuration, weights, tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tokenizers import Tokenizer

from contract.errors import ModelUnavailable
from workers.models.muq.audio import AUDIO_NAMES, AudioTower
from workers.models.muq.config import MuLanConfig, parse
from workers.models.muq.files import MuLanFiles
from workers.models.muq.text import TEXT_NAMES, TextTower
from workers.models.neural.build import drop_empty_buffers, empty
from workers.models.neural.weights import fit, read_config, read_tensors, refuse_unexpected

#: Weights in the checkpoint that are for training or other uses of the towers, or that are computed here.
UNUSED: Final = (
    r".*\.aggregator\..*",
    r".*\.contrast\..*",
    r"mulan\.audio\.model\.model\.(linear\.|cls_token|quantizer_|rvq\.|recon_proj\.).*",
    r".*\.conformer\.pos_conv_embed\..*",
    r".*\.embed_positions\.inv_freq",
    r"mulan\.text\.model\.pooler\..*",
    r".*\.(position_ids|token_type_ids)",
)


@dataclass(frozen=True, slots=True)
class MuLan:
    """Both towers on the CPU, in inference mode."""

    config: MuLanConfig
    audio: AudioTower
    text: TextTower
    tokenizer: Tokenizer


def load_mulan(files: MuLanFiles) -> MuLan:
    """Load both towers. Raises `ModelUnavailable`: what is missing, misshapen, damaged or unknown, and what to do."""
    config = parse(read_config(files.mulan), read_config(files.muq), read_config(files.roberta))
    tokenizer = _tokenizer(files.tokenizer, config)
    tensors = read_tensors(files.weights)
    audio, text = empty(lambda: AudioTower(config)), empty(lambda: TextTower(config))
    used = fit(audio, tensors, files.weights, names=AUDIO_NAMES) | fit(text, tensors, files.weights, names=TEXT_NAMES)
    refuse_unexpected(tensors, used, UNUSED, files.weights)
    drop_empty_buffers(text)
    return MuLan(config, audio, text, tokenizer)


def _tokenizer(path: Path, config: MuLanConfig) -> Tokenizer:
    """Load the tokenizer, which cuts texts to as many ids as the text tower has positions."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelUnavailable(f"{path} is not a tokenizer ({error}); fetch it again") from error
    roberta = config.text.roberta
    if tokenizer.get_vocab_size() > roberta["vocab_size"]:
        raise ModelUnavailable(
            f"{path} has {tokenizer.get_vocab_size()} tokens, the text tower {roberta['vocab_size']}: "
            "it belongs to another model"
        )
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(roberta["max_position_embeddings"]) - int(roberta["pad_token_id"]) - 1)
    return tokenizer
