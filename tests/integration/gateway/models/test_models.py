"""`/models`, loading and unloading, and the Open Inference names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.processes import end
from tests.harness.waiting import eventually

FIELDS = {"name", "dimension", "status", "description", "loaded", "workers", "device", "license", "text"}


def test_every_known_model_is_listed(mesh: GatewayMesh) -> None:
    models = {model["name"]: model for model in mesh.get("/models").json}
    assert list(models) == ["spectral", "muq", "mert", "latent"]
    assert all(set(model) >= FIELDS for model in models.values())
    assert {name: model["status"] for name, model in models.items()} == {
        "spectral": "available",
        "muq": "available",
        "mert": "unavailable",
        "latent": "unavailable",
    }
    assert (models["muq"]["workers"], models["muq"]["loaded"], models["muq"]["device"]) == (1, True, "cpu")
    assert "SONICMESH_MODELS" in models["mert"]["reason"]


def test_a_worker_knows_its_model_best(mesh: GatewayMesh) -> None:
    def described() -> dict[str, Any]:
        return {model["name"]: model for model in mesh.get("/models").json}

    eventually(lambda: described()["spectral"]["dimension"] == 41, "the dimension of the worker's checkpoint")
    mesh.tell("text-muq", "stub")
    mesh.publish("model.loaded", model="muq", worker="w", device="cpu", reason="request")
    eventually(lambda: described()["muq"]["status"] == "stub", "its texts are stand-ins")
    mesh.tell("text-muq")
    mesh.publish("model.unloaded", model="muq", worker="w", device="cpu", reason="request")
    eventually(lambda: described()["muq"]["status"] == "available", "they are not")


@pytest.mark.parametrize("order", ["load", "unload"])
def test_orders_reach_the_workers(mesh: GatewayMesh, order: str) -> None:
    answer = mesh.post(f"/models/muq/{order}")
    assert answer.json == {"name": "muq", "accepted": True, "workers": ["embed-muq_01"]}
    assert mesh.last("embed.muq", f"worker.{order}") == {"reason": "request"}


@pytest.mark.parametrize(("model", "status", "code"), [("nix", 404, "not_found"), ("mert", 503, "model_unavailable")])
def test_orders_that_nobody_can_take(mesh: GatewayMesh, model: str, status: int, code: str) -> None:
    answer = mesh.post(f"/models/{model}/load")
    assert (answer.status, answer.code) == (status, code)


def test_open_inference_names(mesh: GatewayMesh) -> None:
    assert mesh.get("/v2").json["name"] == "sonic-mesh"
    assert mesh.get("/v2/health/live").json == {"live": True}
    assert mesh.get("/v2/health/ready").json == {"ready": True}
    metadata = mesh.get("/v2/models/muq").json
    assert metadata["outputs"] == [{"name": "embedding", "datatype": "FP32", "shape": [1536]}]
    assert mesh.get("/v2/models/muq/ready").json == {"name": "muq", "ready": True}
    assert mesh.get("/v2/models/mert/ready").status == 503
    assert mesh.get("/v2/models/nix").code == "not_found"


def test_models_are_remembered_without_library() -> None:
    with serving("library", "embed.muq", SONICMESH_MODELS="spectral") as mesh:
        before = mesh.get("/models").json
        end(mesh.processes[1])
        eventually(lambda: mesh.get("/readyz").json["parts"]["library"]["ready"] is False, "library is gone")
        assert mesh.get("/models").json == before
        assert mesh.playlist(models=["nix"]).field == "models.0"
