"""The search worker: the store of vectors and the ranking of recommendations."""

import os

# Before numpy is imported: its matrix products here are small, and threads that wait for each other on a busy machine
# make them several times slower (measured: one seed with ranking 35 ms instead of 5 ms).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
