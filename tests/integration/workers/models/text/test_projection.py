"""Trained text projections: `{model}_best_r1.pt` beside the weights gives a model a text side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoTokenizer, XLMRobertaConfig, XLMRobertaModel

from bench.checkpoints import roberta_config, write_mert, write_projection
from contract.errors import ModelUnavailable
from tests.integration.workers.models.conftest import Settings
from workers.models.mert.adapter import MertAdapter
from workers.models.registry import spec
from workers.models.text.projection import without_common_prefix
from workers.runtime.settings import WorkerSettings

#: Base dimension of the small MERT, and that of its enriched vectors.
BASE, ENRICHED = 48, 144


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_mert(tmp_path)
    write_projection(tmp_path, "mert", BASE)
    return tmp_path


def loaded(settings: WorkerSettings) -> MertAdapter:
    adapter = MertAdapter(spec("mert"), settings)
    adapter.load()
    return adapter


def rewrite(folder: Path, **parts: Any) -> None:
    path = folder / "mert_best_r1.pt"
    torch.save(torch.load(path, weights_only=True) | parts, path)


def read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(folder / "mert_best_r1.pt", weights_only=True)
    return found


def test_a_text_goes_through_encoder_and_head(folder: Path, settings: Settings) -> None:
    # Given the parts of the checkpoint, put together by hand
    checkpoint = read(folder)
    encoder = XLMRobertaModel(XLMRobertaConfig(**roberta_config(32, 1))).eval()
    encoder.load_state_dict(checkpoint["text_encoder_state_dict"])
    tokenizer = AutoTokenizer.from_pretrained(folder / "small-text-encoder")
    state = checkpoint["projection_state_dict"]

    def norm(x: torch.Tensor, at: int) -> torch.Tensor:
        return functional.batch_norm(
            x, *(state[f"{at}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        )

    with torch.no_grad():
        last = encoder(**tokenizer("calm piano", return_tensors="pt")).last_hidden_state[:, -1]
        hidden = functional.gelu(norm(functional.linear(last, state["0.weight"], state["0.bias"]), 1))
        expected = functional.normalize(norm(functional.linear(hidden, state["4.weight"], state["4.bias"]), 5))[0]

    # When the adapter embeds the text
    adapter = loaded(settings(folder))
    vectors = adapter.embed_text(["calm piano", "loud drums"])

    # Then it is the same vector, with zeros behind it
    assert adapter.text_side().status == "available"
    assert vectors.shape == (2, ENRICHED)
    np.testing.assert_allclose(vectors[0, :BASE], expected.numpy(), atol=1e-5)
    assert not vectors[:, BASE:].any()


def test_a_projection_to_the_enriched_dimension_is_taken_as_it_is(folder: Path, settings: Settings) -> None:
    write_projection(folder, "mert", ENRICHED)

    vectors = loaded(settings(folder)).embed_text(["calm piano"])

    assert vectors[:, BASE:].any()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_another_dimension_is_refused(folder: Path, settings: Settings) -> None:
    write_projection(folder, "mert", BASE + 1)

    with pytest.raises(ModelUnavailable, match=r"projects to 49 dimensions, the model has 48 .* or 144"):
        loaded(settings(folder))


def test_names_may_have_a_prefix_and_the_encoder_no_pooler(folder: Path, settings: Settings) -> None:
    plain = loaded(settings(folder)).embed_text(["piano"])
    found = read(folder)
    encoder = {n: t for n, t in found["text_encoder_state_dict"].items() if not n.startswith("pooler")}
    rewrite(
        folder,
        text_encoder_state_dict={f"module.{name}": tensor for name, tensor in encoder.items()},
        projection_state_dict={f"net.{name}": tensor for name, tensor in found["projection_state_dict"].items()},
    )

    np.testing.assert_allclose(loaded(settings(folder)).embed_text(["piano"]), plain, atol=1e-6)


def test_what_is_wrong_with_a_file_is_told(folder: Path, settings: Settings) -> None:
    good = read(folder)
    head, encoder = good["projection_state_dict"], good["text_encoder_state_dict"]
    for parts, words in (
        ({"config": None}, "not a text projection"),
        ({"config": good["config"] | {"hidden_dim": 8}}, "other shapes"),
        ({"projection_state_dict": {n: t for n, t in head.items() if n != "5.bias"}}, "lacks 5.bias"),
        ({"text_encoder_state_dict": {}}, "lacks embeddings"),
        ({"text_encoder_state_dict": "none"}, "not a map of tensors"),
        ({"text_encoder_state_dict": encoder | {"extra.weight": torch.ones(1)}}, "extra.weight"),
        ({"config": good["config"] | {"text_model_name": "absent-encoder"}}, "copy its folder to"),
    ):
        rewrite(folder, **(good | parts))
        with pytest.raises(ModelUnavailable, match=words):
            loaded(settings(folder))


def test_common_prefixes_are_found() -> None:
    tensor = torch.ones(1)

    assert list(without_common_prefix({"a.b.x": tensor, "a.b.y.z": tensor})) == ["x", "y.z"]
    assert list(without_common_prefix({"0.weight": tensor, "1.weight": tensor})) == ["0.weight", "1.weight"]
    assert without_common_prefix({}) == {}
