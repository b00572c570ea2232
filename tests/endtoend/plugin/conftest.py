"""The compiled plugin."""

from tests.integration.plugin.conftest import package, runtime

__all__ = ["package", "runtime"]
