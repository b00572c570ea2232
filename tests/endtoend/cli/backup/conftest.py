"""A server of Milvus."""

from tests.integration.cli.backup.conftest import milvus_server, server

__all__ = ["milvus_server", "server"]
