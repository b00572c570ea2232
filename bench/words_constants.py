"""Make the vectors of the lexicon's phrases, which ship with the code: `python -m bench.words_constants`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from workers.models.sentence.encoder import SentenceEncoder
from workers.runtime.settings import WorkerSettings
from workers.search.words.concepts import concepts
from workers.search.words.lexicon import __file__ as lexicon
from workers.search.words.meaning import FILE


def main() -> int:
    """Encode every phrase and write the file beside the lexicon."""
    phrases = [phrase for concept in concepts() for phrase in concept.phrases]
    vectors = SentenceEncoder(WorkerSettings().checkpoints, 600).encode(phrases)
    path = Path(lexicon).with_name(FILE)
    np.savez_compressed(path, allow_pickle=False, phrases=np.array(phrases), vectors=vectors.astype(np.float16))
    print(f"{path}: {len(phrases)} phrases, {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
