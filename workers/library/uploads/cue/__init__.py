"""CUE sheets: read, matched with an upload, cut."""
