"""The sentence encoder: texts to vectors. Loads with the first text, unloads after a while without one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from broker.vectors import Vectors
from contract.errors import ModelUnavailable
from workers.models.memory import give_back_memory
from workers.models.sentence.locations import TOKENIZER, find, missing

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from workers.models.sentence.bert import Bert

#: Length of a vector.
WIDTH: Final = 384
#: Most tokens of a text; longer texts are cut.
MOST_TOKENS: Final = 128


class SentenceEncoder:
    """Not thread-safe."""

    def __init__(self, checkpoints: Path, idle_seconds: float) -> None:
        self._checkpoints = checkpoints
        self._idle_seconds = idle_seconds
        self._loaded: tuple[Bert, Tokenizer] | None = None
        self._used = 0.0

    @property
    def loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._loaded is not None

    def missing(self) -> str:
        """Return what the encoder lacks and how to add it; "" if nothing."""
        return missing(self._checkpoints)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return float32 [n, 384] of unit length; texts of near meaning have a high cosine.

        Raises `ModelUnavailable` if the weights or their readers are missing.
        """
        bert, tokenizer = self._loaded or self._load()
        rows = [bert.mean_state(tokenizer.encode(text).ids) for text in texts]
        self._used = time.monotonic()
        return np.stack(rows) if rows else np.zeros((0, WIDTH), np.float32)

    def idle(self) -> None:
        """Unload the weights if no text came for a while."""
        if self._loaded is not None and time.monotonic() - self._used >= self._idle_seconds:
            self._loaded = None
            give_back_memory()

    def _load(self) -> tuple[Bert, Tokenizer]:
        folder = find(self._checkpoints)
        lacking = self.missing()
        if folder is None or lacking:
            raise ModelUnavailable(lacking)

        from tokenizers import Tokenizer

        from workers.models.sentence.bert import Bert

        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # its only type of error
            raise ModelUnavailable(f"{folder / TOKENIZER} cannot be read: {error}") from error
        bert = Bert(folder)
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(MOST_TOKENS, bert.most))
        self._loaded = bert, tokenizer
        self._used = time.monotonic()
        return self._loaded
