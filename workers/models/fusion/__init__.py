from typing import Final

"""`fusion`: the features of `spectral` and those that `musicnn` has learned, side by side in one vector."""

#: Changes whenever the vectors do; vectors of unequal versions are never compared.
VERSION: Final = 1
