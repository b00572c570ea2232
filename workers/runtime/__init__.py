"""The parts of every worker process: registration, inbox, compute thread, settings."""
