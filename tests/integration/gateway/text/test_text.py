"""`POST /embed_text` on both ports, and the other endpoints of the text port."""

from __future__ import annotations

import base64
import json
import time
from array import array
from typing import Any

import pytest

from tests.harness.gateway_mesh import GatewayMesh, serving
from tests.harness.http import Answer
from tests.harness.waiting import eventually


def embed(mesh: GatewayMesh, value: dict[str, Any], port: int | None = None) -> Answer:
    return mesh.request("POST", "/embed_text", json.dumps(value).encode(), port=port)


def test_a_text_becomes_a_vector_on_both_ports(mesh: GatewayMesh) -> None:
    for port in (mesh.port, mesh.text_port):
        answer = embed(mesh, {"text": "calm piano & rain"}, port)
        assert answer.status == 200
        assert answer.json == {"embedding": [17.0] * 1536, "model": "muq", "dimension": 1536, "is_stub": False}


def test_base64_is_little_endian_float32(mesh: GatewayMesh) -> None:
    answer = embed(mesh, {"text": "four", "model": "muq", "encoding_format": "base64"})
    assert array("f", base64.b64decode(answer.json["embedding"])).tolist() == [4.0] * 1536


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": 5}, "text"),
        ({"text": "x", "model": "nix"}, "model"),
        ({"text": "x", "model": None}, "model"),
        ({"text": "x", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_wrong_texts_are_refused(mesh: GatewayMesh, value: dict[str, Any], field: str) -> None:
    answer = embed(mesh, value)
    assert (answer.status, answer.field) == (400, field)


def test_a_model_without_a_text_side_says_so(mesh: GatewayMesh) -> None:
    answer = embed(mesh, {"text": "x", "model": "spectral"})
    assert (answer.status, answer.code) == (503, "text_unavailable")
    assert "spectral" in answer.json["message"]


@pytest.mark.parametrize("model", ["mert", "latent", "qwen3"])
def test_another_model_reads_for_one_that_is_not_enabled(mesh: GatewayMesh, model: str) -> None:
    answer = embed(mesh, {"text": "four", "model": model}).json
    (warning,) = answer.pop("warnings")
    assert answer.pop("warning_codes") == ["another_model"]
    assert answer == {"embedding": [4.0] * 1536, "model": "muq", "dimension": 1536, "is_stub": False}
    assert warning.startswith("Another model read the text: muq instead of " + model)


def test_another_model_reads_for_one_that_has_heard_too_little_or_is_away() -> None:
    with serving("search", "library", "embed.muq") as mesh:
        mesh.tell("text-spectral", "available")
        spectral = mesh.serve("embed.spectral")["embed.spectral"]
        eventually(lambda: sum(model["text"] for model in mesh.get("/models").json) == 2, "both can read")
        # Given a second reader that holds more than twice as much, and then not
        mesh.tell("filled", json.dumps({"spectral": 9, "muq": 4}))
        answer = eventually(lambda: instead(mesh, "muq"), "muq stands back")
        assert answer["model"] == "spectral"
        assert "has embedded only 4 tracks" in answer["warnings"][0]
        mesh.tell("filled", json.dumps({"spectral": 8, "muq": 4}))
        eventually(lambda: not instead(mesh, "muq"), "muq reads again")
        # When a worker is gone, the other model reads
        assert not instead(mesh, "spectral")
        spectral.kill()
        answer = eventually(lambda: instead(mesh, "spectral"), "muq reads for spectral")
        assert answer["model"] == "muq"
        assert "not running" in answer["warnings"][0]


def instead(mesh: GatewayMesh, model: str) -> dict[str, Any] | None:
    """The answer if another model read the text."""
    answer = embed(mesh, {"text": "four", "model": model})
    return answer.json if answer.status == 200 and "warnings" in answer.json else None


def test_the_deadline_holds() -> None:
    with serving("library", "embed.muq", SONICMESH_TEXT_SECONDS="1") as mesh:
        mesh.tell("slow-text", 15)
        began = time.monotonic()
        assert embed(mesh, {"text": "slow"}).code == "deadline_exceeded"
        assert time.monotonic() - began < 15


def test_the_text_port_has_its_own_pages(mesh: GatewayMesh) -> None:
    health = mesh.request("GET", "/health", port=mesh.text_port)
    assert health.json["status"] == "healthy"
    assert set(health.json) == {"status", "device", "checkpoint_dir", "use_stubs"}
    assert mesh.request("GET", "/models", port=mesh.text_port).json == mesh.get("/models").json
    assert mesh.request("GET", "/batch/progress", port=mesh.text_port).code == "not_found"
