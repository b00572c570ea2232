"""The demo library: synthesised music, encoded and tagged like real files, with a Navidrome database."""

from __future__ import annotations

from demo.building import build, build_small
from demo.library import DemoLibrary, DemoTrack, load

__all__ = ["DemoLibrary", "DemoTrack", "build", "build_small", "load"]
