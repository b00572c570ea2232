"""Facts about a track's sound, from the spectra that the model `spectral` computes anyway."""
