"""`spectral`: describes timbre, harmony, rhythm and dynamics of a track by signal processing alone."""

from typing import Final

#: Changes whenever the vectors do; vectors of unequal versions are never compared.
VERSION: Final = 1
#: Length of a track's vector.
DIMENSION: Final = 96
