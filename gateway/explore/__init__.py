"""The console's part for people: finding, lists from chips, playlists, covers, audio, settings, mixes."""
