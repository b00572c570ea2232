"""Files that people upload: duplicates, CUE sheets, vectors that wait for their track."""
