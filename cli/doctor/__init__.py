"""Checks for common mistakes, each with advice on how to fix it."""
