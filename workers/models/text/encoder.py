"""The text encoder of a trained projection: architecture and tokenizer by name, weights from the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from huggingface_hub.errors import StrictDataclassError
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, AutoTokenizer

from contract.errors import ModelUnavailable
from workers.models.neural.source import find
from workers.models.neural.weights import Tensors, fit, refuse_unexpected

#: Most tokens of a text; longer texts are cut. The limit is lower if the encoder has fewer positions.
MOST_TOKENS: Final = 512
#: Weights that computing the last state does not need.
UNUSED: Final = (r"(.*\.)?(pooler|lm_head|cls)\..*", r".*\.(position_ids|token_type_ids|inv_freq)")


class TextEncoder:
    """A text encoder on a device; `width` is the length of a token's state."""

    def __init__(self, model: nn.Module, tokenizer: Any, device: str) -> None:
        self.width = int(model.config.hidden_size)  # type: ignore[union-attr,arg-type]  # transformers adds it
        self._model = model.to(device)
        self._tokenizer = tokenizer
        self._device = device
        self._most = min(MOST_TOKENS, tokenizer.model_max_length)

    def last_token(self, text: str) -> Tensor:
        """Return the last state at the last token, [1, width]."""
        tokens = self._tokenizer(text, truncation=True, max_length=self._most, return_tensors="pt").to(self._device)
        state: Tensor = self._model(input_ids=tokens.input_ids).last_hidden_state[:, -1]
        return state

    def mean_of_tokens(self, texts: Sequence[str]) -> Tensor:
        """Return the mean of the last states over the tokens, padding left out: [n, width] of unit length.

        Source: Reimers & Gurevych, "Sentence-BERT", 2019.
        """
        tokens = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._most, return_tensors="pt"
        ).to(self._device)
        states = self._model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
        mask = tokens.attention_mask[..., None].to(states.dtype)
        mean: Tensor = functional.normalize((states * mask).sum(1) / mask.sum(1).clamp(min=1), dim=-1)
        return mean

    def state(self) -> Tensors:
        """Return the weights under the names that `load_encoder` expects."""
        return {name: tensor.cpu() for name, tensor in self._model.state_dict().items()}

    def save_tokenizer(self, folder: Path) -> None:
        """Write configuration and tokenizer, which are all that `load_encoder` needs besides the weights."""
        self._model.config.save_pretrained(folder)  # type: ignore[union-attr,operator]  # transformers adds it
        self._tokenizer.save_pretrained(folder)


def load_encoder(name: str, checkpoints: Path, state: Tensors, path: Path, device: str) -> TextEncoder:
    """Load the encoder `name` from a folder beside the checkpoint, the hub's cache, or the hub (unless HF_HUB_OFFLINE).

    Only configuration and tokenizer come from there; the weights are `state`. Raises `ModelUnavailable`.
    """
    folder = find(name, checkpoints, "config.json")
    source = str(folder) if folder is not None else name
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        model = AutoModel.from_config(config, trust_remote_code=False).eval()
    except (OSError, ValueError, KeyError, ImportError, StrictDataclassError) as error:
        raise ModelUnavailable(
            f"{path} needs the text encoder {name!r}, whose configuration and tokenizer cannot be loaded: copy its "
            f"folder to {checkpoints / name.rpartition('/')[2]} ({str(error).splitlines()[0]})"
        ) from error
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    used = fit(model, state, path)
    refuse_unexpected(state, used, UNUSED, path)
    return TextEncoder(model, tokenizer, device)
