"""The registry: ours, those of other packages, and invalid ones."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from contract.errors import InvalidRequest, ModelUnavailable
from tests.harness.services.toy_model import TOY, ToyAdapter, install
from workers.models.adapter import adapter_class
from workers.models.registry import BUILT_IN, GROUP, MODELS, discover, spec
from workers.models.spec import ModelSpec

#: Specs that entry points of these tests name.
SAME_DIMENSION = ModelSpec("other", 1536, "other_embedding", "no:Where", "none", "as long as muq")
NOT_INSTALLED = ModelSpec("absent", 5, "absent_embedding", "no_such_package:Adapter", "none", "needs a package")


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_ours_are_known_by_name() -> None:
    assert {"spectral", "muq", "mert", "latent"} <= MODELS.keys()
    assert (spec("muq").service, spec("muq").collection, spec("muq").dimension) == ("embed.muq", "embedding", 1536)
    assert (spec("mert").dimension, spec("latent").dimension) == (76_800, 576)


def test_no_two_models_share_a_dimension_or_a_collection() -> None:
    assert len({model.dimension for model in BUILT_IN}) == len(BUILT_IN)
    assert len({model.collection for model in BUILT_IN}) == len(BUILT_IN)


def test_enriched_vectors_are_three_times_as_long_as_those_of_a_window() -> None:
    assert all(model.dimension == 3 * model.base_dimension for model in BUILT_IN if model.base_dimension)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="spectral"):
        spec("nonsense")


def test_an_entry_point_adds_a_model() -> None:
    models = discover([point("toy", "tests.harness.services.toy_model:TOY")])
    assert models["toy"] is TOY
    assert adapter_class(TOY) is ToyAdapter


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("tests.harness.services.toy_model:ToyAdapter", "expected a ModelSpec"),
        ("tests.integration.workers.models.test_registry:SAME_DIMENSION", "dimension are those of 'muq'"),
        ("no_such_package:SPEC", "cannot be imported"),
    ],
)
def test_one_that_cannot_be_used_is_left_out_and_logged(
    value: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    models = discover([point("bad", value)])
    assert models.keys() == {model.name for model in BUILT_IN}
    assert reason in caplog.text


def test_an_adapter_whose_packages_are_missing_says_so() -> None:
    with pytest.raises(ModelUnavailable, match="make models"):
        adapter_class(NOT_INSTALLED)


def test_an_installed_package_is_found_and_nothing_heavy_is_imported(tmp_path: Path) -> None:
    # Given
    install(tmp_path, toy="tests.harness.services.toy_model:TOY")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from workers.models.registry import MODELS;"
        "print(*MODELS, *{'torch', 'transformers', 'scipy'} & sys.modules.keys())"
    )
    # When
    printed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    # Then
    assert printed.stdout.split() == [*(model.name for model in BUILT_IN), "toy"]


def test_the_package_may_be_imported_before_the_registry(tmp_path: Path) -> None:
    install(tmp_path, toy="tests.harness.services.toy_model:TOY")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tests.harness.services.toy_model;"
        "from workers.models.registry import MODELS; print('toy' in MODELS)"
    )
    printed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "True"
