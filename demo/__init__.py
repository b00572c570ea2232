"""The demo library: synthesised music, really encoded and tagged, and a Navidrome database of it."""

from __future__ import annotations

from demo.building import build, build_small
from demo.library import DemoLibrary, DemoTrack, load

__all__ = ["DemoLibrary", "DemoTrack", "build", "build_small", "load"]
