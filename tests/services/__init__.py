"""Workers that misbehave in different ways, each in its own process."""
