"""Tests of the container image, which `make test-image` builds first."""
