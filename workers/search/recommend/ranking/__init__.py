"""Ranking: pure functions over arrays, no input or output."""
