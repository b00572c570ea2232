"""`/openapi.json` describes the real answers; `/docs` loads nothing from other sites."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gateway.routes import MAIN, TEXT_ONLY
from tests.harness.gateway_mesh import GatewayMesh


@pytest.fixture
def document(mesh: GatewayMesh) -> dict[str, Any]:
    found: dict[str, Any] = mesh.get("/openapi.json").json
    return found


def test_every_endpoint_is_described(document: dict[str, Any], mesh: GatewayMesh) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(endpoint.method, endpoint.path) for endpoint in MAIN}
    text = mesh.request("GET", "/openapi.json", port=mesh.text_port).json
    assert set(text["paths"]) == {endpoint.path for endpoint in TEXT_ONLY}


def test_the_document_hangs_together(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert references <= set(document["components"]["schemas"])
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            assert "200" in operation["responses"]
            named = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)


def test_ranges_and_defaults_are_told(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["PlaylistRequest"]["properties"]
    assert (fields["limit"]["maximum"], fields["limit"]["default"]) == (500, 25)
    assert fields["merge_strategy"]["enum"] == ["union", "intersection", "priority"]
    assert "clearExisting" in document["components"]["schemas"]["BatchStart"]["properties"]


def test_pages_load_nothing_from_elsewhere(mesh: GatewayMesh) -> None:
    page = mesh.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page.body.decode())
