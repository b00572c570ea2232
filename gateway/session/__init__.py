"""Sessions of the console: who is signed in, kept in an encrypted cookie."""
