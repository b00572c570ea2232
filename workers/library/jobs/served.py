"""Which models have a worker now."""

from __future__ import annotations

from broker.client import MeshClient
from contract.embedding import model_of
from contract.mesh import ManagementClient
from contract.message import Nothing


def served_models(client: MeshClient, timeout: float) -> set[str]:
    """Return the names of the models that have a worker.

    The broker may take `timeout` seconds. Raises `MeshError`.
    """
    workers = ManagementClient(client).workers(Nothing(), timeout=timeout).workers
    models = (model_of(worker.service) for worker in workers)
    return {model for model in models if model is not None}
