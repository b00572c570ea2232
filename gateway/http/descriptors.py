"""The limit of open files: every connection needs a descriptor, and without a free one the gateway cannot answer."""

from __future__ import annotations

import logging
import resource
from typing import Final

log = logging.getLogger(__name__)

#: Descriptors for everything but HTTP connections: the mesh's sockets, Navidrome, uploads, files.
RESERVED: Final = 256
#: Connections accepted however few descriptors there are.
LEAST: Final = 8


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one, and return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:
        log.warning("cannot raise the limit of open files above %d: %s", soft, error)
        return soft
    return hard


def connections_within(wanted: int) -> int:
    """Return `wanted`, or fewer connections if there are not enough descriptors."""
    limit = raise_limit()
    if limit == resource.RLIM_INFINITY or wanted <= limit - RESERVED:
        return wanted
    fitting = max(LEAST, limit - RESERVED)
    log.warning("accepting only %d connections (SONICMESH_CONNECTIONS): only %d files may be open", fitting, limit)
    return fitting
