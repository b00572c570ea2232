"""HTTP itself: connections, bodies, errors, who may call; nothing here knows what is asked for."""
