"""The demo library: synthesised music, really encoded and tagged, and a Navidrome database of it."""
