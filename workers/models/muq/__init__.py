"""MuQ-MuLan: music and text in one space of 512 dimensions."""
