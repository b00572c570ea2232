"""What every worker process is made of: registration, inbox, compute thread, settings."""
