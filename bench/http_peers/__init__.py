"""The same echo on other servers, each as its own documentation shows it; run by the Python of `.venv-peers`."""
