"""`GET /events`: the event channel for browsers."""
