"""`GET /metrics` can be parsed and separates queue, inference and total seconds."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.harness.gateway_mesh import GatewayMesh
from tests.harness.waiting import eventually


def samples(mesh: GatewayMesh) -> dict[tuple[str, ...], float]:
    """Value by name and the labels' values, in the order of their names."""
    text = mesh.get("/metrics").body.decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[(sample.name, *(sample.labels[name] for name in sorted(sample.labels)))] = sample.value
    return found


def test_seconds_are_told_apart(mesh: GatewayMesh) -> None:
    mesh.tell("slow-text", 0.3)
    before = samples(mesh)
    assert mesh.post("/embed_text", {"text": "measured"}).status == 200
    after = samples(mesh)

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0.0)

    inference = grown("sonicmesh_inference_seconds_sum", "embed.muq")
    queue = grown("sonicmesh_queue_seconds_sum", "embed.muq")
    total = grown("sonicmesh_http_total_seconds_sum", "/embed_text")
    assert 0.3 <= inference <= total
    assert 0 < queue <= total - inference + 0.001
    assert grown("sonicmesh_call_seconds_count", "embed.muq") == 1
    assert grown("sonicmesh_http_total_seconds_count", "/embed_text") == 1
    assert grown("sonicmesh_http_requests_total", "POST", "/embed_text", "200") == 1


def test_labels_are_routes_not_paths(mesh: GatewayMesh) -> None:
    for n in range(3):
        mesh.get(f"/unknown/{n}")
        mesh.get(f"/batch/jobs/{n}")
    known = samples(mesh)
    assert known["sonicmesh_http_requests_total", "GET", "none", "404"] >= 3
    assert known["sonicmesh_http_requests_total", "GET", "/batch/jobs/{id}", "404"] >= 3
    assert not [key for key in known if "/unknown/1" in key]


def test_the_mesh_is_seen(mesh: GatewayMesh) -> None:
    mesh.publish("batch.track", track_id="m", ok=False, model="spectral", seconds=0.5, error="no music")
    eventually(lambda: samples(mesh).get(("sonicmesh_tracks_total", "spectral", "failed")), "the failure is counted")
    known = samples(mesh)
    assert known[("sonicmesh_broker_up",)] == 1
    assert known["sonicmesh_workers", "embed.muq"] == 1
    assert known["sonicmesh_queue_length", "interactive", "search"] == 0
    assert known[("sonicmesh_process_resident_memory_bytes",)] > 10_000_000
