"""The search worker: the store of vectors and the ranking of recommendations."""

import os

# Set before numpy is imported: the matrix products here are small, and on a busy machine threads that wait for each
# other make them several times slower (measured: one seed with ranking takes 35 ms instead of 5 ms).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
