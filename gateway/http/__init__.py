"""HTTP itself: connections, bodies, errors, access control. Nothing here knows about features."""
