"""Workers that misbehave, each in its own way, in processes of their own."""
