"""A small sentence encoder on numpy: all-MiniLM-L6-v2, which turns a text into 384 numbers by its meaning."""
