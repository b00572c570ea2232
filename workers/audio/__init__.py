"""Decoding: any file that Navidrome plays becomes float32 samples at the rate that a model expects."""
