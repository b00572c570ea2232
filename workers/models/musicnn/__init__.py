"""`musicnn`: two trained taggers (Pons and Serra 2019), run in numpy with the weights of their PyPI wheel."""

from typing import Final

#: Changes whenever the vectors do; vectors of unequal versions are never compared.
VERSION: Final = 1
#: Length of a track's vector: the last hidden layer of both taggers.
DIMENSION: Final = 400
