"""The console's files: one document, and what it loads."""
