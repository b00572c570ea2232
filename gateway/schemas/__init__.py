"""Requests and replies as pydantic models: they validate what comes in and make `/openapi.json`."""
