"""The job that embeds what is missing: planned, run, resumed, told about."""
