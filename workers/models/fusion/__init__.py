"""`fusion`: the features of `spectral` and those that `musicnn` has learned, side by side in one vector."""

from typing import Final

#: Changes whenever the vectors do; vectors of unequal versions are never compared.
VERSION: Final = 1
