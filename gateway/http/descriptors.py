"""Open files: a connection is one, and a gateway without a free one answers nobody."""

from __future__ import annotations

import logging
import resource
from typing import Final

log = logging.getLogger(__name__)

#: Descriptors for everything but HTTP connections: the mesh's sockets, Navidrome, uploads, files.
RESERVED: Final = 256
#: Connections that are taken however few descriptors there are.
LEAST: Final = 8


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one; what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:
        log.warning("the limit of open files stays at %d: %s", soft, error)
        return soft
    return hard


def connections_within(wanted: int) -> int:
    """How many of so many connections there are descriptors for."""
    limit = raise_limit()
    if limit == resource.RLIM_INFINITY or wanted <= limit - RESERVED:
        return wanted
    fitting = max(LEAST, limit - RESERVED)
    log.warning("only %d connections are taken (SONICMESH_CONNECTIONS): %d files may be open", fitting, limit)
    return fitting
