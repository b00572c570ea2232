"""Sound whose truth is known because it was planted: tempo, key, instrument, spoken words."""
