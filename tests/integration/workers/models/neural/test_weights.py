"""Weights go into a module only if every name and shape is right, and never through code in a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from contract.errors import ModelUnavailable
from workers.models.neural.build import empty
from workers.models.neural.weights import fit, read_checkpoint, read_config, read_tensors, refuse_unexpected

STATE = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}


class Touch:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def linear() -> nn.Linear:
    return empty(lambda: nn.Linear(3, 2))


def test_both_formats_give_the_same_tensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "model.safetensors")
    torch.save(STATE, tmp_path / "pytorch_model.bin")

    for name in ("model.safetensors", "pytorch_model.bin"):
        found = read_tensors(tmp_path / name)
        assert found.keys() == STATE.keys()
        assert torch.equal(found["weight"], STATE["weight"])


def test_weights_of_another_precision_become_float32() -> None:
    module = linear()

    fit(module, {name: tensor.half() for name, tensor in STATE.items()}, Path("file"))

    assert module.weight.dtype == torch.float32
    assert torch.equal(module(torch.ones(1, 3)), torch.full((1, 2), 3.0))


def test_names_of_the_file_may_have_another_prefix() -> None:
    used = fit(
        linear(), {f"tower.{name}": tensor for name, tensor in STATE.items()}, Path("file"), names={"": "tower."}
    )

    assert used == {"tower.weight", "tower.bias"}


def test_a_missing_name_is_named_and_nothing_is_changed() -> None:
    module = linear()

    with pytest.raises(ModelUnavailable, match="file lacks bias"):
        fit(module, {"weight": STATE["weight"]}, Path("file"))

    assert module.weight.is_meta


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"weight \[3, 3\] instead of \[2, 3\]"):
        fit(linear(), STATE | {"weight": torch.ones(3, 3)}, Path("file"))


def test_what_is_not_expected_is_refused_but_for_what_is_known_to_be_unused() -> None:
    with pytest.raises(ModelUnavailable, match=r"lacks: head\.extra;"):
        refuse_unexpected(["weight", "pooler.bias", "head.extra"], {"weight"}, [r"pooler\..*"], Path("file"))

    refuse_unexpected(["weight", "pooler.bias"], {"weight"}, [r"pooler\..*"], Path("file"))


def test_a_long_list_of_names_is_cut() -> None:
    with pytest.raises(ModelUnavailable, match="and 15 more") as raised:
        refuse_unexpected([f"layer.{n}" for n in range(20)], set(), (), Path("file"))

    assert len(raised.value.message) < 200


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    torch.save({"weight": Touch(trap)}, tmp_path / "pytorch_model.bin")
    (tmp_path / "plain.bin").write_bytes(pickle.dumps({"weight": Touch(trap)}))

    for name in ("pytorch_model.bin", "plain.bin"):
        with pytest.raises(ModelUnavailable, match="refused"):
            read_checkpoint(tmp_path / name)

    assert not trap.exists()


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.7, 0.98])
def test_a_truncated_file_is_told(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    state = {"weight": torch.ones(200, 300)}
    save_file(state, path) if name.endswith("safetensors") else torch.save(state, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    with pytest.raises(ModelUnavailable, match=r"damaged|refused"):
        read_tensors(path)


def test_a_pointer_of_git_lfs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")

    with pytest.raises(ModelUnavailable, match="git lfs pull"):
        read_tensors(path)


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    torch.save({"weight": 3}, tmp_path / "numbers.bin")
    torch.save([1, 2], tmp_path / "list.bin")

    with pytest.raises(ModelUnavailable, match="state dict"):
        read_tensors(tmp_path / "numbers.bin")
    with pytest.raises(ModelUnavailable, match="list"):
        read_tensors(tmp_path / "list.bin")


def test_configurations_that_are_missing_or_broken_are_told(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"a": ')
    (tmp_path / "list.json").write_text("[]")

    for name, words in (("absent.json", "missing"), ("broken.json", "damaged"), ("list.json", "not a JSON object")):
        with pytest.raises(ModelUnavailable, match=words):
            read_config(tmp_path / name)
