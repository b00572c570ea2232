"""`spectral`: what a track sounds like, by signal processing alone: timbre, harmony, rhythm, dynamics."""

#: Changes whenever the vectors do: those of unequal versions are never compared.
VERSION = 1
#: Length of a track's vector.
DIMENSION = 96
