"""The same echo on other servers, each as in its own documentation; run by the Python of `.venv-peers`."""
