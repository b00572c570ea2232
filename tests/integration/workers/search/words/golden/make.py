"""Make `minilm.npz` with transformers: `python -m tests.integration.workers.search.words.golden.make FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

TEXTS = (
    "calm piano, no drums",
    "rainy sunday morning",
    "jazz",
    "Something like Kältekammer, but slower?",
    "8ビット",
    "a very long wish: " + "loud guitars and quiet strings, " * 40,
)


def main(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    rows = []
    for text in TEXTS:
        tokens = tokenizer(text, truncation=True, max_length=128, return_tensors="pt")
        with torch.inference_mode():
            mean = model(**tokens).last_hidden_state[0].mean(0)
        rows.append((mean / mean.norm()).numpy())
    np.savez(Path(__file__).with_name("minilm.npz"), texts=np.array(TEXTS), vectors=np.stack(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
