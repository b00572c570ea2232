"""`POST /playlist/{mode}`: a list of tracks from seeds."""
