"""Music2Latent: the latents of an audio codec."""
