"""What people get wrong, looked for by name, with what to do about it."""
