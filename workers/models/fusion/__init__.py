"""`fusion`: what `spectral` computes and what `musicnn` has learned, side by side in one vector."""

#: Changes whenever the vectors do: those of unequal versions are never compared.
VERSION = 1
