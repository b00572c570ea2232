"""LitServe: uvicorn and one worker process."""

from __future__ import annotations

import sys
from typing import Any

from litserve import LitAPI, LitServer

from bench.http_peers.echo import answer


class Echo(LitAPI):  # type: ignore[misc]  # not installed where this is checked
    """JSON in and out is the default of `decode_request` and `encode_response`."""

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def predict(self, x: dict[str, Any]) -> dict[str, Any]:
        return answer(x)


if __name__ == "__main__":
    server = LitServer(Echo(api_path="/embed_text"), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
