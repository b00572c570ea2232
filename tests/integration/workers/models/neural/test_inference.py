"""Batches that do not fit are halved; precision and batch size are chosen by measuring."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from workers.models.neural.inference import Inference, least_cosine, probe_clips


class Mean(nn.Module):
    """The mean of each clip; as with a full GPU, more than `room` clips do not fit."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.sizes: list[int] = []

    def forward(self, clips: Tensor) -> Tensor:
        self.sizes.append(len(clips))
        if len(clips) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return clips.mean(dim=1, keepdim=True)


def clips(count: int) -> np.ndarray:
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], 8, axis=1)


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    module = Mean(room=3)
    inference = Inference(module, "cpu")
    inference.batch = 16

    vectors = inference(clips(20))

    np.testing.assert_array_equal(vectors[:, 0], np.arange(20))
    assert inference.batch == 2
    assert module.sizes[:4] == [16, 8, 4, 2]


def test_a_clip_that_does_not_fit_alone_is_an_error() -> None:
    inference = Inference(Mean(room=0), "cpu")

    with pytest.raises(torch.OutOfMemoryError):
        inference(clips(2))


def test_other_errors_are_not_taken_for_memory() -> None:
    inference = Inference(nn.Linear(3, 3), "cpu")
    inference.batch = 4

    with pytest.raises(RuntimeError, match="shapes"):
        inference(clips(4))


def test_tuning_stays_below_what_fits() -> None:
    inference = Inference(Mean(room=5), "cpu")

    inference.tune(8)

    assert 1 <= inference.batch <= 4
    assert inference.precision is None


def test_no_gradients_are_kept() -> None:
    seen: list[bool] = []
    module = Mean(room=9)
    module.register_forward_pre_hook(lambda *_: seen.append(torch.is_inference_mode_enabled()))

    Inference(module, "cpu")(clips(1))

    assert seen == [True]


def test_cosines_of_rows() -> None:
    rows = np.eye(2, dtype=np.float32)

    assert least_cosine(rows, 3 * rows) == pytest.approx(1.0)
    assert least_cosine(rows, rows[::-1]) == pytest.approx(0.0)
    assert least_cosine(rows, rows * np.nan) == -1.0


def test_probes_are_the_same_everywhere() -> None:
    np.testing.assert_array_equal(probe_clips(2, 50), probe_clips(2, 50))
    assert np.abs(probe_clips(1, 1000)).max() < 0.6
