"""Which models have a worker now."""

from __future__ import annotations

from broker.client import MeshClient


def served_models(client: MeshClient, timeout: float) -> set[str]:
    """Names of the models that have a worker. The broker may take `timeout` seconds. Raises `MeshError`."""
    workers = client.call("mmi.workers", "list", timeout=timeout).result["workers"]
    services = (str(worker["service"]) for worker in workers)
    return {service.removeprefix("embed.") for service in services if service.startswith("embed.")}
