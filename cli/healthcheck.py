"""`python -m cli.healthcheck`: exit code 0 if the gateway answers. Health checks of containers run it twice a minute.

Standard library only, and no settings but the port's variable: loading them would take longer than the check.
"""

from __future__ import annotations

import http.client
import os
import sys
from typing import Final

#: Seconds that the gateway may take.
SECONDS: Final = 5.0


def healthy(port: int) -> bool:
    """Return whether the gateway on this host answers `/healthz` with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Return 0 if healthy, else 1."""
    return 0 if healthy(int(os.environ.get("NAVIDROME_RECOMMENDER_PORT") or 9002)) else 1


if __name__ == "__main__":
    sys.exit(main())
