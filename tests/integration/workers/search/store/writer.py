"""A process that writes to an embedded store forever and prints what was acknowledged. Tests kill it.

python -m tests.integration.workers.search.store.writer STORE FIRST
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.harness.vectors import random_unit, rows
from workers.search.store.embedded import EmbeddedStore

DIM = 64
COLLECTION = "embedding"
#: Tracks of one write; of every eighth write the first track is deleted again.
BATCH = 20


def main(path: Path, first: int) -> None:
    """Write from track `first` on; one line a step: `+FIRST` written, `-NUMBER` deleted."""
    store = EmbeddedStore(path)
    while True:
        store.upsert(COLLECTION, rows(BATCH, start=first), random_unit(BATCH, DIM, seed=first), DIM)
        print(f"+{first}", flush=True)
        if first // BATCH % 8 == 0:
            store.delete([rows(1, start=first)[0].track_id])
            print(f"-{first}", flush=True)
        first += BATCH


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
